import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { getStackResource } from "@pulumi/pulumi/runtime";
import { adminSecretTag, databaseTag, settingTags, usernameTag } from "../rotation-fn/secret/settings";
import { loginsOf, roleProblem } from "./databaseProblems";
import { generatedPassword } from "./generatedPassword";
import type { RotatedSecretArgs } from "./rotatedSecretArgs";
import { defaultRotationRules, replicasOf, rotatedSecretProblems } from "./rotatedSecretProblems";
import { Strategy } from "./strategy";
import { applyTransform, type TransformOptions } from "./transform";

/** Staging label of the first version. Secrets Manager deletes a version that has no staging label. */
export const seedLabel = "SecretsRotationSeed";

const components = new WeakMap<object, Map<string, string>>();

/** The logins and the secret that another component of this program rotates already. */
function takenTargets(name: string, args: RotatedSecretArgs): string[] {
  const stack = getStackResource();
  if (stack === undefined) return [];
  const taken = components.get(stack) ?? new Map<string, string>();
  components.set(stack, taken);
  const targets = [
    ...loginsOf(args).map((target) => ({ key: "username", target })),
    ...(typeof args.secretArn === "string" ? [{ key: "secretArn", target: args.secretArn }] : []),
  ];
  return targets.flatMap(({ key, target }) => {
    const other = taken.get(target);
    taken.set(target, name);
    return other === undefined ? [] : [`\`${key}\`: \`${target}\` is already rotated by ${other}`];
  });
}

/** The resources of a {@link RotatedSecret} that `transform` can change. Secret versions are excluded. */
export interface RotatedSecretResources {
  secret: aws.secretsmanager.SecretArgs;
}

/**
 * A secret and its rotation. After the first deployment, only the rotation changes the value: no change of an argument
 * and no refresh writes a value or moves a staging label.
 *
 * @example
 * ```ts
 * const orders = new RotatedSecret(
 *   "orders",
 *   {
 *     name: "orders/db",
 *     kmsKeyId: key.arn,
 *     host: "orders.example.com",
 *     username: "orders",
 *     password: config.requireSecret("password"),
 *     rotationLambdaArn: rotation.rotationLambdaArn,
 *   },
 *   { dependsOn: [path] },
 * );
 * ```
 */
export class RotatedSecret extends pulumi.ComponentResource {
  /** ARN of the secret. Known after the secret has its first value. */
  public readonly secretArn: pulumi.Output<string>;

  constructor(name: string, args: RotatedSecretArgs, opts?: TransformOptions<RotatedSecretResources>) {
    super("secrets-rotation:index:RotatedSecret", name, {}, opts);
    const problems = [...rotatedSecretProblems(args), ...takenTargets(name, args)];
    if (problems.length > 0) throw new Error([`RotatedSecret ${name}:`, ...problems].join("\n  - "));

    const created = args.secretArn === undefined;
    this.secretArn = args.secretArn === undefined ? this.createSecret(name, args, opts) : pulumi.output(args.secretArn);
    const tags = created ? [] : this.tagExistingSecret(name, args);
    new aws.secretsmanager.SecretRotation(
      name,
      {
        secretId: this.secretArn,
        rotationLambdaArn: args.rotationLambdaArn,
        rotateImmediately: args.rotateImmediately ?? created,
        rotationRules: args.rotationRules ?? defaultRotationRules,
      },
      // Secrets Manager invokes the function when this resource is created. Without the tags, the function would rotate
      // the secret with other settings.
      {
        parent: this,
        dependsOn: pulumi.output(opts?.dependsOn).apply((dependencies) => [...[dependencies ?? []].flat(), ...tags]),
      },
    );
    this.registerOutputs({ secretArn: this.secretArn });
  }

  /** Creates the secret and its first version. The ARN is known after the version is created. */
  private createSecret(
    name: string,
    args: RotatedSecretArgs,
    opts?: TransformOptions<RotatedSecretResources>,
  ): pulumi.Output<string> {
    const { name: secretName, kmsKeyId, host = "", username = "" } = args;
    const usualKey = "alias/aws/secretsmanager";
    const replicas = replicasOf(args).map((one) => ({ region: one.region, kmsKeyId: one.kmsKeyId ?? usualKey }));
    const secret = new aws.secretsmanager.Secret(
      name,
      applyTransform(opts, "secret", {
        ...(secretName !== undefined && { name: secretName }),
        description: pulumi.interpolate`PostgreSQL password of ${username}, rotated`,
        ...(kmsKeyId !== undefined && { kmsKeyId }),
        recoveryWindowInDays: args.recoveryWindowInDays ?? 7,
        ...(replicas.length > 0 && { replicas }),
        tags: pulumi.all([args.tags ?? {}, secretSettings(args)]).apply(([own, settings]) => ({ ...own, ...settings })),
      }),
      { parent: this },
    );
    const value = {
      ...{ engine: "postgres", host, port: args.port ?? 5432, username },
      ...{ password: args.password ?? generatedPassword(this), dbname: args.dbname ?? "postgres" },
    };
    const seed = new aws.secretsmanager.SecretVersion(
      name,
      {
        secretId: secret.id,
        secretString: pulumi.secret(
          // Secrets Manager rejects an empty value: a secret never gets an empty password.
          pulumi.output(value).apply((json) => (json.password === "" ? "" : JSON.stringify(json))),
        ),
        versionStages: ["AWSCURRENT", seedLabel],
      },
      {
        parent: this,
        // The first rotation replaces the value, and each rotation moves the staging labels. Writing either again would
        // give clients a password that is no longer valid.
        ignoreChanges: ["secretString", "versionStages"],
        // Secrets Manager deletes the version with its secret. A call to remove the staging labels first would fail.
        retainOnDelete: true,
      },
    );
    return pulumi.all([secret.arn, seed.versionId]).apply(([arn]) => arn);
  }

  private tagExistingSecret(name: string, args: RotatedSecretArgs): aws.secretsmanager.Tag[] {
    return Object.entries(secretSettings(args)).map(
      ([key, value]) =>
        new aws.secretsmanager.Tag(
          `${name}-${key.replace("secrets-rotation:", "")}`,
          { secretId: this.secretArn, key, value },
          { parent: this },
        ),
    );
  }
}

/** The tags from which the function reads how to rotate a secret. */
function secretSettings(args: RotatedSecretArgs): Record<string, pulumi.Output<string>> {
  const { strategy = Strategy.SingleUser, adminSecretArn, memberOf, username, host, port = 5432 } = args;
  return {
    [settingTags.strategy]: pulumi.output(strategy),
    ...(adminSecretArn !== undefined && {
      [settingTags.adminSecretArn]: pulumi.output(adminSecretArn).apply(adminSecretTag.write),
    }),
    ...(memberOf !== undefined && { [settingTags.memberOf]: pulumi.output(memberOf).apply(memberOfTag) }),
    ...(username !== undefined && { [settingTags.username]: pulumi.output(username).apply(usernameTag.write) }),
    ...(host !== undefined && {
      [settingTags.database]: pulumi.all([host, port]).apply((server) => databaseTag.write(...server)),
    }),
  };
}

function memberOfTag(roles: string[]): string {
  for (const role of roles) {
    const problem = roleProblem(role);
    if (problem !== undefined) throw new Error(`\`memberOf\`: ${JSON.stringify(role)}: ${problem}`);
  }
  return roles.join(" ");
}
