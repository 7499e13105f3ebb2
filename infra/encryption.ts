import type * as pulumi from "@pulumi/pulumi";
import { EncryptionKey } from "../components";
import { databaseLogGroupName } from "./devDatabase";
import { flowLogGroupName } from "./network";
import type { StackSettings } from "./schema";

/** ARN of the configured KMS key, or of a key that the stack creates. */
export function encryptionKey(prefix: string, settings: StackSettings): pulumi.Input<string> {
  if (settings.kmsKeyArn !== undefined && !settings.keepOwnKey) return settings.kmsKeyArn;
  const key = new EncryptionKey(
    prefix,
    {
      alias: prefix,
      logGroupNames: [
        `/aws/lambda/${prefix}`,
        ...(settings.network === undefined ? [databaseLogGroupName(prefix), flowLogGroupName(prefix)] : []),
      ],
      deletionWindowInDays: settings.keyDeletionWindowInDays,
      tags: settings.tags,
    },
    { protect: settings.protect ?? false },
  );
  return settings.kmsKeyArn ?? key.arn;
}
