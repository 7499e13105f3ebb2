import {
  DescribeSecretCommand,
  paginateListSecretVersionIds,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { rereadUntil } from "../rotation-fn/secret/secretClient";
import { secretsManagerError } from "../rotation-fn/secret/secretsManagerError";
import { type Strategy, settingTags } from "../rotation-fn/secret/settings";

/** One version that Secrets Manager keeps, with or without a label. */
export interface KeptVersion {
  readonly id: string;
  readonly labels: readonly string[];
  readonly createdAt: Date | undefined;
}

/** The metadata of a secret and its versions, without values. */
export interface SecretState {
  readonly arn: string;
  readonly name: string;
  /** `never`: no rotation is configured. */
  readonly rotation: "on" | "off" | "never";
  /** ARN of the rotation function, also if rotation was turned off. */
  readonly functionArn: string | undefined;
  readonly lastRotatedAt: Date | undefined;
  /** When the service will rotate next; in the past if it failed. */
  readonly nextRotationAt: Date | undefined;
  /** When its deletion was requested. */
  readonly deletedAt: Date | undefined;
  /** When it was last changed. */
  readonly changedAt: Date | undefined;
  /** Whether an admin secret allows the function to set a password without the old one. */
  readonly hasAdmin: boolean;
  /** Without its tag, the function rotates a single user. */
  readonly strategy: Strategy;
  /** Newest first. */
  readonly versions: readonly KeptVersion[];
}

/** @throws RotationError if DescribeSecret or ListSecretVersionIds fails */
export async function readSecretState(client: SecretsManagerClient, secretId: string): Promise<SecretState> {
  const { state } = await rereadUntil(
    () => readOnce(client, secretId),
    ({ agreed }) => agreed,
  );
  return state;
}

/** @returns `agreed`: whether the description and the list of versions show the same labels */
async function readOnce(
  client: SecretsManagerClient,
  secretId: string,
): Promise<{ readonly state: SecretState; readonly agreed: boolean }> {
  let action = "secretsmanager:DescribeSecret";
  try {
    const description = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
    action = "secretsmanager:ListSecretVersionIds";
    const labelsOf = (id: string): readonly string[] => description.VersionIdsToStages?.[id] ?? [];
    const versions: KeptVersion[] = [];
    let agreed = true;
    for await (const page of paginateListSecretVersionIds(
      { client, pageSize: 100 },
      { SecretId: secretId, IncludeDeprecated: true },
    )) {
      for (const { VersionId: id, VersionStages: labels = [], CreatedDate: createdAt } of page.Versions ?? []) {
        if (id === undefined) continue;
        versions.push({ id, labels: labelsOf(id), createdAt });
        agreed &&= [...labels].sort().join() === [...labelsOf(id)].sort().join();
      }
    }
    // A version without a value is not listed; its labels are in the description.
    for (const [id, labels] of Object.entries(description.VersionIdsToStages ?? {})) {
      if (!versions.some((version) => version.id === id)) versions.push({ id, labels, createdAt: undefined });
    }
    const tags = new Map((description.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
    const state: SecretState = {
      arn: description.ARN ?? secretId,
      name: description.Name ?? secretId,
      rotation: description.RotationEnabled ? "on" : description.RotationLambdaARN ? "off" : "never",
      functionArn: description.RotationLambdaARN,
      lastRotatedAt: description.LastRotatedDate,
      nextRotationAt: description.NextRotationDate,
      deletedAt: description.DeletedDate,
      changedAt: description.LastChangedDate,
      hasAdmin: tags.has(settingTags.adminSecretArn),
      strategy: tags.get(settingTags.strategy) === "alternating-users" ? "alternating-users" : "single-user",
      versions: versions.sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0)),
    };
    return { state, agreed };
  } catch (error) {
    throw secretsManagerError(error, action, secretId);
  }
}

/** The version with a label. */
export function labeledVersion<V extends Pick<KeptVersion, "labels">>(
  versions: readonly V[],
  label: string,
): V | undefined {
  return versions.find(({ labels }) => labels.includes(label));
}

/** The pending version of an incomplete rotation: AWSPENDING is on another version than AWSCURRENT. */
export function pendingVersionOf<V extends Pick<KeptVersion, "labels">>(versions: readonly V[]): V | undefined {
  const pending = labeledVersion(versions, "AWSPENDING");
  return pending?.labels.includes("AWSCURRENT") ? undefined : pending;
}

/**
 * Describes a change of the labels by hand after which AWSCURRENT may not log in; undefined if there is none, or if a
 * rotation has succeeded since.
 */
export function manualChange({
  versions,
  lastRotatedAt,
}: Pick<SecretState, "versions" | "lastRotatedAt">): string | undefined {
  const current = labeledVersion(versions, "AWSCURRENT");
  const previous = labeledVersion(versions, "AWSPREVIOUS");
  if (current?.createdAt === undefined) return undefined;
  if (previous?.createdAt !== undefined && previous.createdAt > current.createdAt) {
    return "AWSCURRENT was moved to a version that is older than AWSPREVIOUS";
  }
  // Versions before the last rotation do not matter. A value that was stored by hand does not belong to a rotation.
  const isRotated = lastRotatedAt !== undefined && current.createdAt <= lastRotatedAt;
  const rotatedAt = isRotated ? current.createdAt : previous?.createdAt;
  if (rotatedAt === undefined) return undefined;
  const abandoned = versions.find(
    ({ labels, createdAt }) => labels.length === 0 && createdAt !== undefined && createdAt > rotatedAt,
  );
  return (
    abandoned &&
    `version ${abandoned.id} lost AWSPENDING before it was AWSCURRENT, which happens when a value is stored during a rotation`
  );
}
