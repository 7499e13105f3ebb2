import { invalidParameter, invalidRequest, markedForDeletion, ServiceError, validation } from "./errors";
import { paginate } from "./pages";
import { nextRotation } from "./schedule";
import { CURRENT, type Secret } from "./secret";
import type { Input } from "./shapes";
import type { SecretStore } from "./store";
import { requireToken, seconds, valueIn, writeVersion } from "./versionOperations";

const DAY = 24 * 3_600_000;

/** Makes a secret, with a first version when a value is given. */
export function createSecret(store: SecretStore, input: Input<"CreateSecret">) {
  const { Name } = input;
  if (!/^[\w/+=.@!-]+$/.test(Name)) {
    throw validation(
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    );
  }
  const token = requireToken(input.ClientRequestToken);
  const value = valueIn(input);
  const existing = store.named(Name);
  if (existing?.deletion !== undefined) {
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  if (existing !== undefined && (value === undefined || !existing.versions.has(token))) {
    throw new ServiceError(
      "ResourceExistsException",
      `The operation failed because the secret ${Name} already exists.`,
    );
  }
  const checkedTags = tagsIn(input.Tags ?? []);
  const secret = existing ?? store.add(Name);
  if (value !== undefined) writeVersion(store, secret, token, value, [CURRENT]);
  if (existing === undefined) {
    describe(secret, input);
    for (const [key, tag] of checkedTags) secret.tags.set(key, tag);
  }
  return { ARN: secret.arn, Name, ...(value && { VersionId: token }) };
}

/** Everything about a secret but its values. */
export function describeSecret(store: SecretStore, input: Input<"DescribeSecret">) {
  const secret = store.find(input.SecretId);
  return { ...summary(secret), VersionIdsToStages: stagesByVersion(secret) };
}

/** Changes what describes a secret, and its current value when one is given. */
export function updateSecret(store: SecretStore, input: Input<"UpdateSecret">) {
  const secret = store.findActive(input.SecretId);
  const token = requireToken(input.ClientRequestToken);
  const value = valueIn(input);
  if (value !== undefined) writeVersion(store, secret, token, value, [CURRENT]);
  describe(secret, input);
  secret.changedAt = store.clock();
  return { ARN: secret.arn, Name: secret.name, ...(value && { VersionId: token }) };
}

/** Lists secrets, newest first. All filters have to match, each by any of its values. */
export function listSecrets(store: SecretStore, input: Input<"ListSecrets">) {
  const found = [...store.secrets.values()]
    .filter(({ deletion }) => input.IncludePlannedDeletion || deletion === undefined)
    .filter((secret) => (input.Filters ?? []).every(({ Key, Values }) => matches(secret, Key, Values)));
  if (input.SortOrder !== "asc") found.reverse();
  const { items, NextToken } = paginate(found, input);
  return {
    SecretList: items.map((secret) => ({ ...summary(secret), SecretVersionsToStages: stagesByVersion(secret) })),
    NextToken,
  };
}

export function tagResource(store: SecretStore, input: Input<"TagResource">) {
  const secret = store.findActive(input.SecretId);
  for (const [key, value] of tagsIn(input.Tags)) secret.tags.set(key, value);
  return {};
}

export function untagResource(store: SecretStore, input: Input<"UntagResource">) {
  const secret = store.findActive(input.SecretId);
  for (const key of input.TagKeys) secret.tags.delete(key);
  return {};
}

/** Marks a secret for deletion, or removes it at once. */
export function deleteSecret(store: SecretStore, input: Input<"DeleteSecret">) {
  const { ForceDeleteWithoutRecovery: force, RecoveryWindowInDays: days } = input;
  if (force && days !== undefined) {
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  if (days !== undefined && (days < 7 || days > 30)) {
    throw invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  }
  const now = store.clock();
  const secret = store.find(input.SecretId);
  if (force) {
    store.secrets.delete(secret.name);
    return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(now) };
  }
  if (secret.deletion !== undefined) throw markedForDeletion();
  secret.deletion = { requestedAt: now, due: new Date(now.getTime() + (days ?? 30) * DAY) };
  return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(secret.deletion.due) };
}

export function restoreSecret(store: SecretStore, input: Input<"RestoreSecret">) {
  const secret = store.find(input.SecretId);
  delete secret.deletion;
  return { ARN: secret.arn, Name: secret.name };
}

function describe(secret: Secret, input: { Description?: string | undefined; KmsKeyId?: string | undefined }): void {
  if (input.Description !== undefined) secret.description = input.Description;
  if (input.KmsKeyId !== undefined) secret.kmsKeyId = input.KmsKeyId;
}

function tagsIn(tags: NonNullable<Input<"CreateSecret">["Tags"]>): Map<string, string> {
  if (tags.some(({ Key }) => Key.startsWith("aws:"))) {
    throw invalidParameter("Tag keys that begin with aws: are reserved for AWS.");
  }
  return new Map(tags.map(({ Key, Value = "" }) => [Key, Value]));
}

function summary(secret: Secret) {
  const { rotation, lastRotatedAt, deletion } = secret;
  const next = nextRotation(secret);
  const accessed = [...secret.versions.values()].flatMap(({ lastAccessedAt }) => lastAccessedAt ?? []);
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    ...(rotation && {
      RotationEnabled: rotation.enabled,
      RotationLambdaARN: rotation.lambdaArn,
      RotationRules: rotation.rules,
    }),
    ...(lastRotatedAt && { LastRotatedDate: seconds(lastRotatedAt) }),
    ...(next && { NextRotationDate: seconds(next) }),
    CreatedDate: seconds(secret.createdAt),
    LastChangedDate: seconds(secret.changedAt),
    ...(accessed.length > 0 && { LastAccessedDate: Math.max(...accessed.map(seconds)) }),
    ...(deletion && { DeletedDate: seconds(deletion.requestedAt) }),
    ...(secret.tags.size > 0 && { Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })) }),
  };
}

/** The versions that carry labels; a secret without any has no such list. */
function stagesByVersion(secret: Secret): Record<string, string[]> | undefined {
  const labelled = [...secret.versions.values()].filter(({ stages }) => stages.size > 0);
  return labelled.length === 0 ? undefined : Object.fromEntries(labelled.map(({ id, stages }) => [id, [...stages]]));
}

/** Values match the beginning of what they are compared with; "!" in front turns one around. */
function matches(secret: Secret, key: string, values: readonly string[]): boolean {
  const candidates: Record<string, string[]> = {
    name: [secret.name],
    description: [secret.description ?? ""],
    "tag-key": [...secret.tags.keys()],
    "tag-value": [...secret.tags.values()],
  };
  const texts = key === "all" ? Object.values(candidates).flat() : (candidates[key] ?? []);
  return values.some((value) =>
    value.startsWith("!")
      ? !texts.some((text) => text.startsWith(value.slice(1)))
      : texts.some((text) => text.startsWith(value)),
  );
}
