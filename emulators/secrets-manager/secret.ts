import { noSuchValue, ServiceError } from "./errors";

/** What a version holds: text, or bytes in base64 as they came over the wire. */
export type SecretValue = { readonly SecretString: string } | { readonly SecretBinary: string };

/** One version of a secret. A version that a rotation has registered and not yet filled has no value. */
export interface SecretVersion {
  readonly id: string;
  value?: SecretValue;
  readonly stages: Set<string>;
  readonly createdAt: Date;
  lastAccessedAt?: Date;
}

export interface RotationRules {
  readonly AutomaticallyAfterDays?: number | undefined;
  readonly ScheduleExpression?: string | undefined;
  readonly Duration?: string | undefined;
}

/** How a secret is rotated, as `RotateSecret` left it. */
export interface RotationConfiguration {
  enabled: boolean;
  lambdaArn: string;
  rules: RotationRules;
}

/** A secret: plain data, so that a copy of the whole state can be kept (see `SecretStore.snapshot`). */
export interface Secret {
  readonly arn: string;
  readonly name: string;
  description?: string;
  kmsKeyId?: string;
  /** Undefined until the first tag; empty after the last one was removed. */
  tags?: Map<string, string>;
  /** JSON of the resource policy. */
  policy?: string;
  /** Regions that the secret is replicated to. Only their names are kept: this service is one region. */
  readonly replicas: Map<string, { readonly KmsKeyId?: string | undefined }>;
  readonly versions: Map<string, SecretVersion>;
  rotation?: RotationConfiguration;
  readonly createdAt: Date;
  changedAt: Date;
  lastRotatedAt?: Date;
  /** When AWSCURRENT last got a value that was not a rotation's. */
  valueStoredAt?: Date;
  /** When `DeleteSecret` was called, and when the secret goes for good. */
  deletion?: { readonly requestedAt: Date; readonly due: Date };
}

export const CURRENT = "AWSCURRENT";
export const PREVIOUS = "AWSPREVIOUS";
export const PENDING = "AWSPENDING";

// https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
const MAX_STAGES = 20;
const MAX_VERSIONS = 100;
// "Secrets Manager keeps 100 of the most recent versions, but it keeps all secret versions created in the last 24
// hours." (API_PutSecretValue)
const KEPT_MS = 24 * 3_600_000;

/** The version that carries a staging label; a label is on one version at most. */
export function holderOf(secret: Secret, stage: string): SecretVersion | undefined {
  return [...secret.versions.values()].find(({ stages }) => stages.has(stage));
}

/** @throws ServiceError ResourceNotFoundException */
export function versionOf(secret: Secret, id: string): SecretVersion {
  const version = secret.versions.get(id);
  if (version === undefined) throw noSuchValue("VersionId", id);
  return version;
}

/** Adds a version without labels, dropping the oldest unlabelled ones over the quota that are older than a day. */
export function addVersion(secret: Secret, id: string, now: Date, value?: SecretValue): SecretVersion {
  const version: SecretVersion = { id, stages: new Set(), createdAt: now, ...(value && { value }) };
  // Maps keep insertion order: the first unlabelled version is the oldest.
  for (const old of secret.versions.values()) {
    if (secret.versions.size < MAX_VERSIONS) break;
    if (old.stages.size === 0 && now.getTime() - old.createdAt.getTime() > KEPT_MS) secret.versions.delete(old.id);
  }
  secret.versions.set(id, version);
  return version;
}

/**
 * Puts a label on a version and takes it off the one that had it. Whenever AWSCURRENT leaves a version, AWSPREVIOUS
 * goes to that version by itself.
 *
 * @throws ServiceError LimitExceededException above 20 labels
 */
export function moveLabel(secret: Secret, stage: string, to: SecretVersion): void {
  const from = holderOf(secret, stage);
  if (from === to) return;
  if (from === undefined) {
    const labels = [...secret.versions.values()].reduce((sum, { stages }) => sum + stages.size, 0);
    if (labels >= MAX_STAGES) {
      throw new ServiceError("LimitExceededException", `You can't attach more than ${MAX_STAGES} labels to a secret.`);
    }
  }
  from?.stages.delete(stage);
  to.stages.add(stage);
  if (stage === CURRENT && from !== undefined) {
    holderOf(secret, PREVIOUS)?.stages.delete(PREVIOUS);
    from.stages.add(PREVIOUS);
  }
}

/** Whether a rotation was begun and neither finished nor cleared away: AWSPENDING sits on a version not current. */
export function rotationPending(secret: Secret): boolean {
  const pending = holderOf(secret, PENDING);
  return pending !== undefined && !pending.stages.has(CURRENT);
}

/**
 * What storing a value by hand does to a rotation that is under way: "Secrets Manager removes the AWSPENDING label to
 * allow future rotations to succeed" (CloudTrail entries, RotationAbandoned). It goes from a version that is current
 * already, too (recorded).
 *
 * @returns whether a rotation was abandoned by it
 */
export function abandonRotation(secret: Secret): boolean {
  const abandoned = rotationPending(secret);
  holderOf(secret, PENDING)?.stages.delete(PENDING);
  return abandoned;
}
