import type { SecretListEntry } from "@aws-sdk/client-secrets-manager";

/** The customer managed key of a secret: its ARN, or an alias, which Secrets Manager does not resolve. */
export function kmsKeyOf({ KmsKeyId: key, ARN: secretArn = "" }: SecretListEntry): { arn?: string; alias?: string } {
  if (!key || key.endsWith("alias/aws/secretsmanager")) return {};
  if (key.includes("alias/")) return { alias: key };
  const [, partition, , region, account] = secretArn.split(":");
  return { arn: key.startsWith("arn:") ? key : `arn:${partition}:kms:${region}:${account}:key/${key}` };
}
