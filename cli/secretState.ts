import {
  DescribeSecretCommand,
  paginateListSecretVersionIds,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { secretsManagerError } from "../rotation-fn/secret/secretStoreErrors";
import { settingTags } from "../rotation-fn/secret/settings";

/** One version that Secrets Manager still keeps, with or without a label. */
export interface Version {
  readonly id: string;
  readonly labels: readonly string[];
  readonly createdAt: Date | undefined;
}

/** Everything about a secret but its values. */
export interface SecretState {
  readonly arn: string;
  readonly name: string;
  readonly createdAt: Date | undefined;
  /** `never`: no rotation was ever configured. */
  readonly rotation: "on" | "off" | "never";
  /** Kept by the service when rotation is turned off. */
  readonly functionArn: string | undefined;
  readonly lastRotatedAt: Date | undefined;
  /** When the service will rotate next; in the past where it tried and did not succeed. */
  readonly nextRotationAt: Date | undefined;
  /** When somebody asked for its deletion. */
  readonly deletedAt: Date | undefined;
  /** Whether an administrator's secret lets the function set a password without knowing the old one. */
  readonly hasAdmin: boolean;
  /** Newest first. */
  readonly versions: readonly Version[];
}

/** @throws RotationError as of DescribeSecret or ListSecretVersionIds */
export async function readSecretState(client: SecretsManagerClient, secretId: string): Promise<SecretState> {
  let action = "secretsmanager:DescribeSecret";
  try {
    const about = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
    action = "secretsmanager:ListSecretVersionIds";
    const versions: Version[] = [];
    for await (const page of paginateListSecretVersionIds(
      { client, pageSize: 100 },
      { SecretId: secretId, IncludeDeprecated: true },
    )) {
      for (const { VersionId: id, VersionStages: labels = [], CreatedDate: createdAt } of page.Versions ?? []) {
        if (id !== undefined) versions.push({ id, labels, createdAt });
      }
    }
    // A version without a value may be missing from the list; its labels are in the description.
    for (const [id, labels] of Object.entries(about.VersionIdsToStages ?? {})) {
      if (!versions.some((version) => version.id === id)) versions.push({ id, labels, createdAt: undefined });
    }
    const tags = (about.Tags ?? []).map(({ Key }) => Key);
    return {
      arn: about.ARN ?? secretId,
      name: about.Name ?? secretId,
      createdAt: about.CreatedDate,
      rotation: about.RotationEnabled ? "on" : about.RotationLambdaARN ? "off" : "never",
      functionArn: about.RotationLambdaARN,
      lastRotatedAt: about.LastRotatedDate,
      nextRotationAt: about.NextRotationDate,
      deletedAt: about.DeletedDate,
      hasAdmin: tags.includes(settingTags.adminSecretArn),
      versions: versions.sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0)),
    };
  } catch (error) {
    throw secretsManagerError(error, action, secretId);
  }
}

/** The version that has a label. */
export function labelled<V extends Pick<Version, "labels">>(versions: readonly V[], label: string): V | undefined {
  return versions.find(({ labels }) => labels.includes(label));
}

/** The pending version of a rotation that is not over: AWSPENDING on another version than AWSCURRENT. */
export function unfinished<V extends Pick<Version, "labels">>(versions: readonly V[]): V | undefined {
  const pending = labelled(versions, "AWSPENDING");
  return pending?.labels.includes("AWSCURRENT") ? undefined : pending;
}
