import type { RotationRulesType } from "@aws-sdk/client-secrets-manager";
import { noSuchValue, ServiceError } from "./errors";

/** The value of a version: text, or bytes in base64, as in the request. */
export type StoredValue = { readonly SecretString: string } | { readonly SecretBinary: string };

/** One version of a secret. It has no value if a rotation has registered it and not stored one yet. */
export interface SecretVersion {
  readonly id: string;
  value?: StoredValue;
  readonly stages: Set<string>;
  readonly createdAt: Date;
  lastAccessedAt?: Date;
}

/** The rotation configuration of a secret, from `RotateSecret`. */
export interface RotationConfiguration {
  enabled: boolean;
  lambdaArn: string;
  rules: RotationRulesType;
}

/** A secret, as plain data that can be copied (see `SecretStore.snapshot`). */
export interface Secret {
  readonly arn: string;
  readonly name: string;
  description?: string;
  kmsKeyId?: string;
  /** Undefined before the first tag; empty after the last one was removed. */
  tags?: Map<string, string>;
  /** JSON of the resource policy. */
  policy?: string;
  /** Regions of replicas. Only their names are stored, because the emulator has one region. */
  readonly replicas: Map<string, { readonly KmsKeyId?: string | undefined }>;
  readonly versions: Map<string, SecretVersion>;
  rotation?: RotationConfiguration;
  readonly createdAt: Date;
  changedAt: Date;
  lastRotatedAt?: Date;
  /** When a value was last stored as AWSCURRENT outside of a rotation. */
  valueStoredAt?: Date;
  /** When `DeleteSecret` was called, and when the secret is permanently deleted. */
  deletion?: { readonly requestedAt: Date; readonly due: Date };
}

export const CURRENT = "AWSCURRENT";
const PREVIOUS = "AWSPREVIOUS";
export const PENDING = "AWSPENDING";

// https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
const MAX_STAGES = 20;
const MAX_VERSIONS = 100;
// "Secrets Manager keeps 100 of the most recent versions, but it keeps all secret versions created in the last 24
// hours." (API_PutSecretValue)
const RETENTION_MS = 24 * 3_600_000;

/** The version with a staging label. A label is on at most one version. */
export function holderOf(secret: Secret, stage: string): SecretVersion | undefined {
  return [...secret.versions.values()].find(({ stages }) => stages.has(stage));
}

/** @throws ServiceError ResourceNotFoundException */
export function versionOf(secret: Secret, id: string): SecretVersion {
  const version = secret.versions.get(id);
  if (version === undefined) throw noSuchValue("VersionId", id);
  return version;
}

/** Adds a version without labels. Removes the oldest unlabeled versions above the quota that are older than a day. */
export function addVersion(secret: Secret, id: string, now: Date, value?: StoredValue): SecretVersion {
  const version: SecretVersion = { id, stages: new Set(), createdAt: now, ...(value && { value }) };
  // Maps keep insertion order: the first unlabeled version is the oldest.
  for (const old of secret.versions.values()) {
    if (secret.versions.size < MAX_VERSIONS) break;
    if (old.stages.size === 0 && now.getTime() - old.createdAt.getTime() > RETENTION_MS) secret.versions.delete(old.id);
  }
  secret.versions.set(id, version);
  return version;
}

/**
 * Moves a label to a version from the one that had it. When AWSCURRENT moves, AWSPREVIOUS moves to the version that had
 * AWSCURRENT.
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

/** The version of an incomplete rotation: it has AWSPENDING, and is not AWSCURRENT. */
export function pendingVersion(secret: Secret): SecretVersion | undefined {
  const pending = holderOf(secret, PENDING);
  return pending?.stages.has(CURRENT) ? undefined : pending;
}

/**
 * Removes AWSPENDING when a value is stored by hand: "Secrets Manager removes the AWSPENDING label to allow future
 * rotations to succeed" (CloudTrail entries, RotationAbandoned). It also removes the label from a version that is
 * already current (recorded).
 *
 * @returns whether this abandoned a rotation
 */
export function abandonRotation(secret: Secret): boolean {
  const abandoned = pendingVersion(secret) !== undefined;
  holderOf(secret, PENDING)?.stages.delete(PENDING);
  return abandoned;
}
