import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { adminSecretTag, settingTags } from "../rotation-fn/secret/settings";
import { generatedPassword } from "./generatedPassword";
import { type RotationRules, scheduleProblems } from "./schedule";
import { Strategy } from "./strategy";

/** Label that keeps the first version of a secret from being collected once no rotation label is left on it. */
export const seedLabel = "SecretsRotationSeed";

export interface RotatedSecretArgs {
  /** Name of the secret in Secrets Manager. Unless `secretArn` is given. */
  name?: pulumi.Input<string>;
  /**
   * A secret that exists already: only its rotation is managed, its value and everything else stays as it is.
   * @default a secret is made
   */
  secretArn?: pulumi.Input<string>;
  /** ARN of the function that rotates: `rotationLambdaArn` of a `RotationFunction`. */
  rotationLambdaArn: pulumi.Input<string>;
  /** Key that encrypts the secret. Unless `secretArn` is given. */
  kmsKeyId?: pulumi.Input<string>;
  /** Host name of the database. Unless `secretArn` is given. */
  host?: pulumi.Input<string>;
  /**
   * TCP port of the database.
   * @default 5432
   */
  port?: pulumi.Input<number>;
  /**
   * Database that the function connects to.
   * @default "postgres"
   */
  dbname?: pulumi.Input<string>;
  /** The user whose password is rotated. Unless `secretArn` is given. */
  username?: pulumi.Input<string>;
  /**
   * The user's password before the first rotation. Used once, when the secret is made.
   * @default one that Secrets Manager makes and nobody knows; needs `adminSecretArn`
   */
  password?: pulumi.Input<string>;
  /**
   * How the password is changed: `single-user`, or `alternating-users`, which needs `adminSecretArn`.
   * @default "single-user"
   */
  strategy?: Strategy;
  /** Secret with the credentials of an administrator of the database. */
  adminSecretArn?: pulumi.Input<string>;
  /** Roles, separated by spaces, that a user made by the first rotation becomes a member of. */
  memberOf?: pulumi.Input<string>;
  /**
   * Days, `rate(…)` or `cron(…)`, and the window.
   * @default { automaticallyAfterDays: 30 }
   */
  rotationRules?: RotationRules;
  /**
   * Whether the first rotation comes at once.
   * @default true for a secret that is made, false for one that exists
   */
  rotateImmediately?: pulumi.Input<boolean>;
  /**
   * Days in which a deleted secret can be restored, 7 to 30, or 0.
   * @default 7
   */
  recoveryWindowInDays?: pulumi.Input<number>;
  /**
   * Regions that get a copy of the secret.
   * @default none
   */
  replicaRegions?: string[];
  /** Tags of the secret. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * One secret and its rotation. After the first deployment its value belongs to the rotation: nothing that is changed
 * here, and nothing that a refresh finds, writes a value or moves a label.
 */
export class RotatedSecret extends pulumi.ComponentResource {
  /** ARN of the secret, known once it has its first value. */
  public readonly secretArn: pulumi.Output<string>;

  constructor(name: string, args: RotatedSecretArgs, opts?: pulumi.ComponentResourceOptions) {
    super("secrets-rotation:index:RotatedSecret", name, {}, opts);
    const rotationRules = args.rotationRules ?? { automaticallyAfterDays: 30 };
    const problems = scheduleProblems(rotationRules);
    if (problems.length > 0) throw new Error(`\`rotationRules\` of ${name}: ${problems.join("; ")}`);

    const made = args.secretArn === undefined;
    this.secretArn = args.secretArn === undefined ? this.makeSecret(name, args) : pulumi.output(args.secretArn);
    const tags = made ? [] : this.tagExisting(name, args);
    new aws.secretsmanager.SecretRotation(
      name,
      {
        secretId: this.secretArn,
        rotationLambdaArn: args.rotationLambdaArn,
        rotateImmediately: args.rotateImmediately ?? made,
        rotationRules,
      },
      // Secrets Manager invokes the function the moment that this exists: what the caller waits for, it waits for too, and
      // for the tags, without which the function would take another strategy.
      { parent: this, dependsOn: pulumi.output(opts?.dependsOn).apply((given) => [...[given ?? []].flat(), ...tags]) },
    );
    this.registerOutputs({ secretArn: this.secretArn });
  }

  /** The secret and its first version; the ARN is known once the version is there. */
  private makeSecret(name: string, args: RotatedSecretArgs): pulumi.Output<string> {
    const { name: secretName, kmsKeyId, host, username } = args;
    if (secretName === undefined || kmsKeyId === undefined || host === undefined || username === undefined) {
      throw new Error(`${name} needs \`name\`, \`kmsKeyId\`, \`host\` and \`username\`, or else \`secretArn\``);
    }
    if (args.password === undefined && args.adminSecretArn === undefined) {
      throw new Error(`${name} needs \`password\`, or \`adminSecretArn\` for a database that does not know it yet`);
    }
    const secret = new aws.secretsmanager.Secret(
      name,
      {
        name: secretName,
        description: pulumi.interpolate`PostgreSQL password of ${username}, rotated`,
        kmsKeyId,
        recoveryWindowInDays: args.recoveryWindowInDays ?? 7,
        ...(args.replicaRegions === undefined
          ? {}
          : { replicas: args.replicaRegions.map((region) => ({ region, kmsKeyId: "alias/aws/secretsmanager" })) }),
        tags: pulumi.all([args.tags ?? {}, this.settings(args)]).apply(([own, settings]) => ({ ...own, ...settings })),
      },
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
            ...(args.adminSecretArn === undefined ? {} : { masterarn: args.adminSecretArn }),
          }),
        ),
        versionStages: ["AWSCURRENT", seedLabel],
      },
      {
        parent: this,
        // The value is dead after the first rotation and the labels move with each: to write either again would put a
        // dead password in front of every client.
        ignoreChanges: ["secretString", "versionStages"],
        // The version goes with its secret; to take labels off it first is a call that can only fail.
        retainOnDelete: true,
      },
    );
    return pulumi.all([secret.arn, seed.versionId]).apply(([arn]) => arn);
  }

  private settings(args: RotatedSecretArgs): pulumi.Output<Record<string, string>> {
    const settings: Record<string, pulumi.Input<string>> = {
      [settingTags.strategy]: args.strategy ?? Strategy.SingleUser,
    };
    if (args.adminSecretArn !== undefined) {
      settings[settingTags.adminSecretArn] = pulumi.output(args.adminSecretArn).apply(adminSecretTag.write);
    }
    if (args.memberOf !== undefined) settings[settingTags.memberOf] = args.memberOf;
    return pulumi.output(settings);
  }

  /** What was asked for; for the rest, the function goes by what the secret says. */
  private tagExisting(name: string, args: RotatedSecretArgs): aws.secretsmanager.Tag[] {
    const settings: [string, string, pulumi.Input<string> | undefined][] = [
      ["strategy", settingTags.strategy, args.strategy ?? Strategy.SingleUser],
      [
        "admin-secret",
        settingTags.adminSecretArn,
        args.adminSecretArn === undefined ? undefined : pulumi.output(args.adminSecretArn).apply(adminSecretTag.write),
      ],
      ["member-of", settingTags.memberOf, args.memberOf],
    ];
    return settings.flatMap(([part, key, value]) =>
      value === undefined
        ? []
        : new aws.secretsmanager.Tag(`${name}-${part}`, { secretId: this.secretArn, key, value }, { parent: this }),
    );
  }
}
