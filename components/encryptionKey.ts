import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { keyPolicy } from "./policies";
import { type TransformOptions, transformed } from "./transform";
import { whereabouts } from "./whereabouts";

/** The resources of an {@link EncryptionKey} that `transform` may change. */
export interface EncryptionKeyResources {
  key: aws.kms.KeyArgs;
}

export interface EncryptionKeyArgs {
  /** Alias of the key, without `alias/`. */
  alias: pulumi.Input<string>;
  /** Log groups that CloudWatch Logs may encrypt with this key. */
  logGroupNames: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Days between asking for the key's deletion and its end, 7 to 30. Not shorter than the recovery window of the
   * secrets, which can't be recovered without their key.
   * @default 30
   */
  deletionWindowInDays?: pulumi.Input<number>;
  /** Tags of the key. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** A key of the account's own for secrets, logs and alarms of the rotation, renewed every year. */
export class EncryptionKey extends pulumi.ComponentResource {
  /** ARN of the key. */
  public readonly arn: pulumi.Output<string>;

  constructor(name: string, args: EncryptionKeyArgs, opts?: TransformOptions<EncryptionKeyResources>) {
    super("secrets-rotation:index:EncryptionKey", name, {}, opts);
    const key = new aws.kms.Key(
      name,
      transformed(opts, "key", {
        description: "Secrets, logs and alarms of the password rotation",
        enableKeyRotation: true,
        deletionWindowInDays: args.deletionWindowInDays ?? 30,
        policy: pulumi
          .all([whereabouts(this), args.logGroupNames])
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
