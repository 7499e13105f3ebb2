import { invalidParameter, invalidRequest, noSuchValue, tokenInUse } from "./errors";
import { paginate } from "./pages";
import {
  abandonRotation,
  addVersion,
  CURRENT,
  holderOf,
  moveLabel,
  PENDING,
  type Secret,
  type SecretVersion,
  type StoredValue,
  versionOf,
} from "./secret";
import type { Input } from "./shapes";
import type { SecretStore, StoreOperations } from "./store";

export const versionOperations = {
  /** Returns the value of one version, by default AWSCURRENT. */
  GetSecretValue(store, input) {
    const secret = store.findActive(input.SecretId);
    const version = selectVersion(secret, input);
    version.lastAccessedAt = store.clock();
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      ...version.value,
      VersionStages: [...version.stages],
      CreatedDate: seconds(version.createdAt),
    };
  },

  /** Creates a version, or stores the value of the one that a rotation has registered with the same token. */
  PutSecretValue(store, input) {
    const token = requireToken(input.ClientRequestToken);
    const value = valueIn(input);
    if (value === undefined) {
      throw invalidRequest("You must provide either SecretString or SecretBinary.");
    }
    const secret = store.findActive(input.SecretId);
    const version = writeVersion(store, secret, token, value, input.VersionStages ?? [CURRENT]);
    return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: [...version.stages] };
  },

  /** Moves a staging label between versions, adds it to a version, or removes it from one. */
  UpdateSecretVersionStage(store, input) {
    const { VersionStage: stage, RemoveFromVersionId: from, MoveToVersionId: to } = input;
    const secret = store.findActive(input.SecretId);
    if (from === undefined && to === undefined) {
      throw invalidParameter("You must provide RemoveFromVersionId, MoveToVersionId, or both.");
    }
    const holder = holderOf(secret, stage);
    const target = to === undefined ? undefined : versionOf(secret, to);
    if (from !== undefined) {
      versionOf(secret, from);
      if (from !== holder?.id) {
        throw invalidParameter(
          `If you specify RemoveFromVersionId, it must be the version that has staging label ${stage}; ${from} does not have it.`,
        );
      }
    } else if (holder !== undefined && holder !== target) {
      throw invalidParameter(
        `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
      );
    }
    if (target !== undefined) moveLabel(secret, stage, target);
    else if (stage === CURRENT)
      throw invalidParameter(
        `You can only move staging label ${CURRENT} to a different secret version. It can't be completely removed.`,
      );
    else holder?.stages.delete(stage);
    secret.changedAt = store.clock();
    return { ARN: secret.arn, Name: secret.name };
  },

  /** Lists the versions of a secret that have a value; those without a label only with IncludeDeprecated. */
  ListSecretVersionIds(store, input) {
    const secret = store.find(input.SecretId);
    const versions = [...secret.versions.values()]
      // Only DescribeSecret shows the labels of a version without a value.
      .filter(({ value }) => value !== undefined)
      .filter(({ stages }) => input.IncludeDeprecated || stages.size > 0);
    const { items, NextToken } = paginate(versions, input);
    return {
      ARN: secret.arn,
      Name: secret.name,
      Versions: items.map(({ id, stages, createdAt, lastAccessedAt }) => ({
        VersionId: id,
        ...(stages.size > 0 && { VersionStages: [...stages] }),
        CreatedDate: seconds(createdAt),
        ...(lastAccessedAt && { LastAccessedDate: dayOf(lastAccessedAt) }),
        KmsKeyIds: [secret.kmsKeyId ?? "DefaultEncryptionKey"],
      })),
      NextToken,
    };
  },
} satisfies Partial<StoreOperations>;

function selectVersion(secret: Secret, { VersionId, VersionStage }: Input<"GetSecretValue">): SecretVersion {
  if (VersionId === undefined) {
    const stage = VersionStage ?? CURRENT;
    const holder = holderOf(secret, stage);
    if (holder?.value === undefined) throw noSuchValue("staging label", stage);
    return holder;
  }
  const version = versionOf(secret, VersionId);
  if (VersionStage !== undefined && !version.stages.has(VersionStage)) {
    throw invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.");
  }
  if (version.value === undefined) {
    throw VersionStage === undefined ? noSuchValue("VersionId", VersionId) : noSuchValue("staging label", VersionStage);
  }
  return version;
}

/**
 * Writes a version for PutSecretValue, UpdateSecret and CreateSecret. If the token was used before, the same value
 * changes nothing, and another value is an error.
 *
 * @throws ServiceError ResourceExistsException
 */
export function writeVersion(
  store: SecretStore,
  secret: Secret,
  token: string,
  value: StoredValue,
  stages: readonly string[],
): SecretVersion {
  const known = secret.versions.get(token);
  if (known?.value !== undefined) {
    if (sameValue(known.value, value)) return known;
    throw tokenInUse(token, secret.arn);
  }
  // "If this operation creates the first version for the secret, Secrets Manager automatically attaches the staging
  // label AWSCURRENT to the new version." (API_PutSecretValue)
  const labels = secret.versions.size === 0 ? new Set([CURRENT, ...stages]) : stages;
  const version = known ?? addVersion(secret, token, store.clock());
  version.value = value;
  if (secret.versions.size > 1 && new Set(labels).has(CURRENT) && !version.stages.has(PENDING)) {
    secret.valueStoredAt = store.clock();
    if (abandonRotation(secret)) store.onRotationAbandoned(secret);
  }
  for (const stage of labels) moveLabel(secret, stage, version);
  secret.changedAt = store.clock();
  return version;
}

/** The value in a request, if any. @throws ServiceError InvalidParameterException if there are two */
export function valueIn(input: {
  SecretString?: string | undefined;
  SecretBinary?: string | undefined;
}): StoredValue | undefined {
  const { SecretString, SecretBinary } = input;
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw invalidParameter("You can't specify both SecretString and SecretBinary.");
  }
  if (SecretString !== undefined) return { SecretString };
  return SecretBinary === undefined ? undefined : { SecretBinary };
}

/** @throws ServiceError if a required token is missing. SDKs generate one, plain HTTP clients must send one. */
export function requireToken(token: string | undefined, refuse = invalidRequest): string {
  if (token === undefined) {
    throw refuse("You must provide a ClientRequestToken value. We recommend a UUID-type value.");
  }
  return token;
}

function sameValue(one: StoredValue, other: StoredValue): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** "The date that the secret was last accessed", without a time: the service truncates it to the day. */
export function dayOf(date: Date): number {
  const day = 24 * 3_600;
  return Math.floor(seconds(date) / day) * day;
}

/** A date in the JSON protocol: seconds since 1970, with fractions. */
export function seconds(date: Date): number {
  return date.getTime() / 1000;
}
