import type * as pulumi from "@pulumi/pulumi";
import type { RotationRules } from "./schedule";
import type { Strategy } from "./strategy";

/** A replica of a secret in another region. */
export interface Replica {
  /** Region of the replica, such as `eu-west-1`. */
  region: string;
  /**
   * KMS key of that region that encrypts the replica.
   * @default the region's `alias/aws/secretsmanager`
   */
  kmsKeyId?: string;
}

export interface RotatedSecretArgs {
  /** Name of the secret in Secrets Manager. Required without `secretArn`. */
  name?: pulumi.Input<string>;
  /**
   * ARN of an existing secret. The component manages its rotation and its settings, and never its value.
   * @default a secret is created
   */
  secretArn?: pulumi.Input<string>;
  /** ARN of the rotation function: `rotationLambdaArn` of a `RotationFunction`. */
  rotationLambdaArn: pulumi.Input<string>;
  /** KMS key that encrypts the secret. Required without `secretArn`. */
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
   * The user's password before the first rotation. Used once, when the secret is created. After that, it can be `""`.
   * @default a password that Secrets Manager generates; needs `adminSecretArn`
   */
  password?: pulumi.Input<string>;
  /**
   * How the password is changed: `single-user`, or `alternating-users`, which needs `adminSecretArn`.
   * @default "single-user"
   */
  strategy?: Strategy;
  /**
   * ARN of the secret with the credentials of an administrator of the database.
   * @default none: the user changes its own password
   */
  adminSecretArn?: pulumi.Input<string>;
  /**
   * Roles that the user becomes a member of if the first rotation creates the user.
   * @default none
   */
  memberOf?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Rotation schedule: days, `rate(…)` or `cron(…)`, and the length of the rotation window.
   * @default { automaticallyAfterDays: 30 }
   */
  rotationRules?: RotationRules;
  /**
   * Whether the first rotation starts immediately.
   * @default true for a secret that is created, false for an existing secret
   */
  rotateImmediately?: pulumi.Input<boolean>;
  /**
   * Recovery window of a deleted secret in days, 7 to 30, or 0 for none.
   * @default 7
   */
  recoveryWindowInDays?: pulumi.Input<number>;
  /**
   * Regions that get a replica of the secret, encrypted with the region's `alias/aws/secretsmanager`.
   * @default none
   */
  replicaRegions?: string[];
  /**
   * Replicas of the secret in other regions, each with its key, in addition to `replicaRegions`.
   * @default none
   */
  replicas?: Replica[];
  /** Tags of the secret. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
