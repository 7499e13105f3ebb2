import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { awsContext } from "./awsContext";
import { keyPolicy } from "./policies";
import { applyTransform, type TransformOptions } from "./transform";

/** The resources of an {@link EncryptionKey} that `transform` can change. */
export interface EncryptionKeyResources {
  key: aws.kms.KeyArgs;
}

export interface EncryptionKeyArgs {
  /** Alias of the key, without `alias/`. */
  alias: pulumi.Input<string>;
  /** Log groups that CloudWatch Logs may encrypt with this key. */
  logGroupNames: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Waiting period in days before a deleted key is gone, 7 to 30. Do not set fewer days than the recovery window of the
   * secrets: a secret cannot be restored without its key.
   * @default 30
   */
  deletionWindowInDays?: pulumi.Input<number>;
  /** Tags of the key. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** A customer managed key for the secrets, logs and alarms of the rotation. It is rotated every year. */
export class EncryptionKey extends pulumi.ComponentResource {
  /** ARN of the key. */
  public readonly arn: pulumi.Output<string>;

  constructor(name: string, args: EncryptionKeyArgs, opts?: TransformOptions<EncryptionKeyResources>) {
    super("secrets-rotation:index:EncryptionKey", name, {}, opts);
    const key = new aws.kms.Key(
      name,
      applyTransform(opts, "key", {
        description: "Secrets, logs and alarms of the password rotation",
        enableKeyRotation: true,
        deletionWindowInDays: args.deletionWindowInDays ?? 30,
        policy: pulumi
          .all([awsContext(this), args.logGroupNames])
          .apply(([at, groups]) => JSON.stringify(keyPolicy(at, groups))),
        tags: args.tags ?? {},
      }),
      { parent: this },
    );
    new aws.kms.Alias(
      name,
      { name: pulumi.interpolate`alias/${args.alias}`, targetKeyId: key.keyId },
      { parent: this },
    );
    this.arn = key.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
