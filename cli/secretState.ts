import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeSecretCommand,
  paginateListSecretVersionIds,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { secretsManagerError } from "../rotation-fn/secret/secretsManagerError";
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
  /** When anything of it was last changed. */
  readonly changedAt: Date | undefined;
  /** Whether an administrator's secret lets the function set a password without knowing the old one. */
  readonly hasAdmin: boolean;
  /** Newest first. */
  readonly versions: readonly Version[];
}

/** Pauses, in milliseconds, before two reads that disagree are made again: one of them lags behind a write. */
const rereadAfterMs = [50, 150, 400, 900];

/** @throws RotationError as of DescribeSecret or ListSecretVersionIds */
export async function readSecretState(client: SecretsManagerClient, secretId: string): Promise<SecretState> {
  for (const pause of rereadAfterMs) {
    const { state, agreed } = await readOnce(client, secretId);
    if (agreed) return state;
    await sleep(pause);
  }
  return (await readOnce(client, secretId)).state;
}

/** @returns `agreed`: whether the description and the list of versions show the same labels */
async function readOnce(
  client: SecretsManagerClient,
  secretId: string,
): Promise<{ readonly state: SecretState; readonly agreed: boolean }> {
  let action = "secretsmanager:DescribeSecret";
  try {
    const about = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
    action = "secretsmanager:ListSecretVersionIds";
    const labelsOf = (id: string): readonly string[] => about.VersionIdsToStages?.[id] ?? [];
    const versions: Version[] = [];
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
    for (const [id, labels] of Object.entries(about.VersionIdsToStages ?? {})) {
      if (!versions.some((version) => version.id === id)) versions.push({ id, labels, createdAt: undefined });
    }
    const tags = (about.Tags ?? []).map(({ Key }) => Key);
    const state: SecretState = {
      arn: about.ARN ?? secretId,
      name: about.Name ?? secretId,
      createdAt: about.CreatedDate,
      rotation: about.RotationEnabled ? "on" : about.RotationLambdaARN ? "off" : "never",
      functionArn: about.RotationLambdaARN,
      lastRotatedAt: about.LastRotatedDate,
      nextRotationAt: about.NextRotationDate,
      deletedAt: about.DeletedDate,
      changedAt: about.LastChangedDate,
      hasAdmin: tags.includes(settingTags.adminSecretArn),
      versions: versions.sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0)),
    };
    return { state, agreed };
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

/**
 * What people have done to the labels by hand that may have put AWSCURRENT and the database apart, in words; undefined
 * where nothing of that kind can be seen. A rotation that succeeds afterwards ends it.
 */
export function changeByHand({
  versions,
  lastRotatedAt,
}: Pick<SecretState, "versions" | "lastRotatedAt">): string | undefined {
  const current = labelled(versions, "AWSCURRENT");
  const previous = labelled(versions, "AWSPREVIOUS");
  if (current?.createdAt === undefined) return undefined;
  if (previous?.createdAt !== undefined && previous.createdAt > current.createdAt) {
    return "AWSCURRENT was moved to a version that is older than AWSPREVIOUS";
  }
  // Whatever was made before the last rotation's version is settled. A value that was stored by hand is no rotation's.
  const isRotated = lastRotatedAt !== undefined && current.createdAt <= lastRotatedAt;
  const settledAt = isRotated ? current.createdAt : previous?.createdAt;
  if (settledAt === undefined) return undefined;
  const lost = versions.find(
    ({ labels, createdAt }) => labels.length === 0 && createdAt !== undefined && createdAt > settledAt,
  );
  return (
    lost && `version ${lost.id} lost AWSPENDING before it was AWSCURRENT, as when a value is stored during a rotation`
  );
}
