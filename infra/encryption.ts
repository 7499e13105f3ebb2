import type * as pulumi from "@pulumi/pulumi";
import { EncryptionKey } from "../components";
import { databaseLogGroupName } from "./devDatabase";
import { flowLogGroupName } from "./network";
import type { Settings } from "./schema";

/** The key of the configuration, or one of the stack's own. */
export function encryptionKey(prefix: string, settings: Settings): pulumi.Input<string> {
  if (settings.kmsKeyArn !== undefined) return settings.kmsKeyArn;
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
    { protect: settings.protect },
  );
  return key.arn;
}
