import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { getStackResource } from "@pulumi/pulumi/runtime";
import { loginsOf } from "./databaseProblems";
import { generatedPassword } from "./generatedPassword";
import type { RotatedSecretArgs } from "./rotatedSecretArgs";
import { defaultRotationRules, replicasOf, rotatedSecretProblems } from "./rotatedSecretProblems";
import { secretSettings } from "./secretSettings";
import { applyTransform, type TransformOptions } from "./transform";

/** Staging label of the first version. Secrets Manager deletes a version that has no staging label. */
export const seedLabel = "SecretsRotationSeed";

const components = new WeakMap<object, Map<string, string>>();

/** The logins that another component of this program rotates already. */
function takenLogins(name: string, args: RotatedSecretArgs): string[] {
  const stack = getStackResource();
  if (stack === undefined) return [];
  const taken = components.get(stack) ?? new Map<string, string>();
  components.set(stack, taken);
  return loginsOf(args).flatMap((login) => {
    const other = taken.get(login);
    taken.set(login, name);
    return other === undefined ? [] : [`\`username\`: \`${login}\` is already rotated by ${other}`];
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
    const problems = [...rotatedSecretProblems(args), ...takenLogins(name, args)];
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
    const { port = 5432, password = generatedPassword(this), dbname = "postgres" } = args;
    const value = { engine: "postgres", host, port, username, password, dbname };
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
