import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { generatedPassword } from "./generatedPassword";
import { defaultRules, replicasOf, rotatedSecretProblems } from "./rotatedSecretProblems";
import type { RotationRules } from "./schedule";
import { secretSettings } from "./secretSettings";
import type { Strategy } from "./strategy";
import { type TransformOptions, transformed } from "./transform";

/** Label that keeps the first version of a secret from being collected once no rotation label is left on it. */
export const seedLabel = "SecretsRotationSeed";

/** The resources of a {@link RotatedSecret} that `transform` may change. Its versions are not among them. */
export interface RotatedSecretResources {
  secret: aws.secretsmanager.SecretArgs;
}

/** A copy of a secret in another region. */
export interface Replica {
  /** Region of the copy, such as `eu-west-1`. */
  region: string;
  /**
   * Key of that region that encrypts the copy.
   * @default the region's `alias/aws/secretsmanager`
   */
  kmsKeyId?: string;
}

export interface RotatedSecretArgs {
  /** Name of the secret in Secrets Manager. Required without `secretArn`. */
  name?: pulumi.Input<string>;
  /**
   * ARN of a secret that exists. The component manages its rotation and its settings, and never its value.
   * @default a secret is created
   */
  secretArn?: pulumi.Input<string>;
  /** ARN of the function that rotates: `rotationLambdaArn` of a `RotationFunction`. */
  rotationLambdaArn: pulumi.Input<string>;
  /** Key that encrypts the secret. Required without `secretArn`. */
  kmsKeyId?: pulumi.Input<string>;
  /**
   * Host name of the database. Required without `secretArn`, and with `adminSecretArn`. A change reaches the secret's
   * value at the next rotation.
   */
  host?: pulumi.Input<string>;
  /**
   * TCP port of the database. A change reaches the secret's value at the next rotation.
   * @default 5432
   */
  port?: pulumi.Input<number>;
  /**
   * Database that the user connects to.
   * @default "postgres"
   */
  dbname?: pulumi.Input<string>;
  /** The user whose password is rotated. Required without `secretArn`, and with `adminSecretArn`. */
  username?: pulumi.Input<string>;
  /**
   * The user's password before the first rotation. Used once, when the secret is created.
   * @default one that Secrets Manager generates; needs `adminSecretArn`
   */
  password?: pulumi.Input<string>;
  /**
   * How the password is changed: `single-user`, or `alternating-users`, which needs `adminSecretArn`.
   * @default "single-user"
   */
  strategy?: Strategy;
  /**
   * Secret with the credentials of an administrator of the database.
   * @default none: the user changes its own password
   */
  adminSecretArn?: pulumi.Input<string>;
  /**
   * Roles that a user becomes a member of if the first rotation creates it.
   * @default none
   */
  memberOf?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Days, `rate(…)` or `cron(…)`, and the window.
   * @default { automaticallyAfterDays: 30 }
   */
  rotationRules?: RotationRules;
  /**
   * Whether the first rotation starts immediately.
   * @default true for a secret that is created, false for one that exists
   */
  rotateImmediately?: pulumi.Input<boolean>;
  /**
   * Days in which a deleted secret can be restored, 7 to 30, or 0.
   * @default 7
   */
  recoveryWindowInDays?: pulumi.Input<number>;
  /**
   * Regions that get a copy of the secret, encrypted with the region's `alias/aws/secretsmanager`.
   * @default none
   */
  replicaRegions?: string[];
  /**
   * Copies of the secret in other regions, each with its key. Beside `replicaRegions`.
   * @default none
   */
  replicas?: Replica[];
  /** Tags of the secret. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * One secret and its rotation. After the first deployment its value belongs to the rotation: no change of an argument and
 * no refresh writes a value or moves a staging label.
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
  /** ARN of the secret, known once it has its first value. */
  public readonly secretArn: pulumi.Output<string>;

  constructor(name: string, args: RotatedSecretArgs, opts?: TransformOptions<RotatedSecretResources>) {
    super("secrets-rotation:index:RotatedSecret", name, {}, opts);
    const problems = rotatedSecretProblems(args);
    if (problems.length > 0) throw new Error([`RotatedSecret ${name}:`, ...problems].join("\n  - "));

    const created = args.secretArn === undefined;
    this.secretArn = args.secretArn === undefined ? this.createSecret(name, args, opts) : pulumi.output(args.secretArn);
    const tags = created ? [] : this.tagExisting(name, args);
    new aws.secretsmanager.SecretRotation(
      name,
      {
        secretId: this.secretArn,
        rotationLambdaArn: args.rotationLambdaArn,
        rotateImmediately: args.rotateImmediately ?? created,
        rotationRules: args.rotationRules ?? defaultRules,
      },
      // Secrets Manager invokes the function as soon as this exists: it waits for what the caller waits for, and for the
      // tags, without which the function would change the password another way.
      { parent: this, dependsOn: pulumi.output(opts?.dependsOn).apply((given) => [...[given ?? []].flat(), ...tags]) },
    );
    this.registerOutputs({ secretArn: this.secretArn });
  }

  /** The secret and its first version; the ARN is known once the version is there. */
  private createSecret(
    name: string,
    args: RotatedSecretArgs,
    opts?: TransformOptions<RotatedSecretResources>,
  ): pulumi.Output<string> {
    const { name: secretName, kmsKeyId, host = "", username = "" } = args;
    const replicas = replicasOf(args).map(({ region, kmsKeyId: key = "alias/aws/secretsmanager" }) => ({
      region,
      kmsKeyId: key,
    }));
    const secret = new aws.secretsmanager.Secret(
      name,
      transformed(opts, "secret", {
        ...(secretName === undefined ? {} : { name: secretName }),
        description: pulumi.interpolate`PostgreSQL password of ${username}, rotated`,
        ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
        recoveryWindowInDays: args.recoveryWindowInDays ?? 7,
        ...(replicas.length === 0 ? {} : { replicas }),
        tags: pulumi.all([args.tags ?? {}, secretSettings(args)]).apply(([own, settings]) => ({ ...own, ...settings })),
      }),
      { parent: this },
    );
    const seed = new aws.secretsmanager.SecretVersion(
      name,
      {
        secretId: secret.id,
        secretString: pulumi.secret(
          pulumi.jsonStringify({
            engine: "postgres",
            host,
            port: args.port ?? 5432,
            username,
            password: args.password ?? generatedPassword(this),
            dbname: args.dbname ?? "postgres",
          }),
        ),
        versionStages: ["AWSCURRENT", seedLabel],
      },
      {
        parent: this,
        // The first rotation replaces the value, and each rotation moves the labels: writing either again would give every
        // client a password that is no longer valid.
        ignoreChanges: ["secretString", "versionStages"],
        // The version is deleted with its secret; a call that removes its labels first can only fail.
        retainOnDelete: true,
      },
    );
    return pulumi.all([secret.arn, seed.versionId]).apply(([arn]) => arn);
  }

  private tagExisting(name: string, args: RotatedSecretArgs): aws.secretsmanager.Tag[] {
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
