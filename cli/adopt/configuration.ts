import { dump } from "js-yaml";
import type { DatabaseEntry, Judgement } from "./judge";

/** The configuration of one stack, for the databases of one VPC. */
export interface StackConfiguration {
  readonly vpcId: string;
  /** Content of `config:` in `Pulumi.<stack>.yaml`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly databases: readonly DatabaseEntry[];
}

/** One configuration for each VPC, of the secrets that are ready. */
export function configurations(judgements: readonly Judgement[], region: string): StackConfiguration[] {
  const ready = judgements.filter(({ verdict }) => verdict === "ready");
  const vpcIds = [...new Set(ready.flatMap(({ server }) => server?.vpcId ?? []))].sort();
  const keyOf = new Map(judgements.map(({ arn, kmsKeyId }) => [arn, kmsKeyId]));
  return vpcIds.map((vpcId) => {
    const own = ready.filter(({ server }) => server?.vpcId === vpcId);
    const databases = own.flatMap(({ database }) => database ?? []);
    const subnetIds = [...new Set(own.flatMap(({ server }) => server?.subnetIds ?? []))].sort().slice(0, 16);
    const keys = databases.flatMap(({ secretArn, adminSecretArn = "" }) =>
      [keyOf.get(secretArn), keyOf.get(adminSecretArn)].flatMap((key) => keyArn(key, secretArn) ?? []),
    );
    const additionalKmsKeyArns = [...new Set(keys)].sort();
    const config = {
      "aws:region": region,
      "secrets-rotation:network": { vpcId, subnetIds },
      "secrets-rotation:databases": databases,
      ...(additionalKmsKeyArns.length > 0 && { "secrets-rotation:additionalKmsKeyArns": additionalKmsKeyArns }),
    };
    return { vpcId, config, databases };
  });
}

export function yamlOf({ config }: StackConfiguration): string {
  return dump({ config }, { lineWidth: -1, noRefs: true, quotingType: '"' });
}

/** ARN of a key that Secrets Manager names by ARN or ID. An alias is AWS's own key in most accounts, and needs no entry. */
function keyArn(key: string | undefined, secretArn: string): string | undefined {
  if (key === undefined || key.includes("alias/")) return undefined;
  if (key.startsWith("arn:")) return key;
  const [, partition, , region, account] = secretArn.split(":");
  return `arn:${partition}:kms:${region}:${account}:key/${key}`;
}
