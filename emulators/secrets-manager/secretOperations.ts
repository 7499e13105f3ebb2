import { invalidName, invalidParameter, invalidRequest, markedForDeletion, ServiceError } from "./errors";
import { matches } from "./listFilters";
import { paginate } from "./pages";
import { addReplicas, checkReplicas, replicationStatus } from "./replication";
import { nextRotation } from "./schedule";
import { CURRENT, type Secret } from "./secret";
import type { Input } from "./shapes";
import { homeRegion, type StoreOperations } from "./store";
import { dayOf, requireToken, seconds, valueIn, writeVersion } from "./versionOperations";

const DAY = 24 * 3_600_000;

export const secretOperations = {
  /** Creates a secret, with a first version if a value is given. */
  CreateSecret(store, input) {
    const { Name } = input;
    if (!/^[\w/+=.@!-]+$/.test(Name)) throw invalidName();
    const token = requireToken(input.ClientRequestToken);
    const value = valueIn(input);
    const existing = store.lookUp(Name);
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
    checkReplicas(input.AddReplicaRegions ?? []);
    const secret = existing ?? store.add(Name);
    if (value !== undefined) writeVersion(store, secret, token, value, [CURRENT]);
    if (existing === undefined) {
      describe(secret, input);
      if (checkedTags.size > 0) secret.tags = checkedTags;
      addReplicas(secret, input.AddReplicaRegions ?? []);
    }
    return {
      ...{ ARN: secret.arn, Name, ...(value && { VersionId: token }) },
      ...(secret.replicas.size > 0 && { ReplicationStatus: replicationStatus(secret) }),
    };
  },

  /** Describes a secret, without its values. */
  DescribeSecret(store, input) {
    const secret = store.find(input.SecretId);
    return { ...describeMetadata(secret), VersionIdsToStages: stagesByVersion(secret) };
  },

  /** Changes the description and key of a secret, and its current value if one is given. */
  UpdateSecret(store, input) {
    const token = requireToken(input.ClientRequestToken);
    const value = valueIn(input);
    const secret = store.findActive(input.SecretId);
    if (value !== undefined) writeVersion(store, secret, token, value, [CURRENT]);
    describe(secret, input);
    secret.changedAt = store.clock();
    return { ARN: secret.arn, Name: secret.name, ...(value && { VersionId: token }) };
  },

  /** Lists secrets, oldest first. All filters must match, each with any of its values. */
  ListSecrets(store, input) {
    const filters = (input.Filters ?? []).map(completeFilter);
    const found = [...store.secrets.values()]
      .filter(({ deletion }) => input.IncludePlannedDeletion || deletion === undefined)
      .filter((secret) => filters.every(({ Key, Values }) => matches(secret, Key, Values)));
    if (input.SortOrder === "desc") found.reverse();
    const { items, NextToken } = paginate(found, input);
    return {
      SecretList: items.map((secret) => ({
        ...describeMetadata(secret),
        SecretVersionsToStages: stagesByVersion(secret),
      })),
      NextToken,
    };
  },

  TagResource(store, input) {
    const secret = store.findActive(input.SecretId);
    secret.tags = new Map([...(secret.tags ?? []), ...tagsIn(input.Tags)]);
    return {};
  },

  UntagResource(store, input) {
    const secret = store.findActive(input.SecretId);
    for (const key of input.TagKeys) secret.tags?.delete(key);
    return {};
  },

  /** Marks a secret for deletion, or removes it immediately. */
  DeleteSecret(store, input) {
    const { ForceDeleteWithoutRecovery: force, RecoveryWindowInDays: days } = input;
    if (force && days !== undefined) {
      throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    }
    if (days !== undefined && (days < 7 || days > 30)) {
      throw invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    }
    const now = store.clock();
    const secret = force ? store.lookUp(input.SecretId) : store.find(input.SecretId);
    if (secret === undefined) {
      // "If you forcibly delete an already deleted or nonexistent secret, the operation does not return
      // ResourceNotFoundException." (API_DeleteSecret)
      return { ARN: store.arnFor(input.SecretId), Name: input.SecretId, DeletionDate: seconds(now) };
    }
    if (secret.replicas.size > 0) {
      const regions = [...secret.replicas.keys()].join(", ");
      throw invalidParameter(`You can't delete secret ${secret.arn} that still has replica regions [${regions}]`);
    }
    if (force) {
      store.secrets.delete(secret.name);
      return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(now) };
    }
    if (secret.deletion !== undefined) throw markedForDeletion();
    secret.deletion = { requestedAt: now, due: new Date(now.getTime() + (days ?? 30) * DAY) };
    return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(secret.deletion.due) };
  },

  RestoreSecret(store, input) {
    const secret = store.find(input.SecretId);
    delete secret.deletion;
    return { ARN: secret.arn, Name: secret.name };
  },
} satisfies Partial<StoreOperations>;

function completeFilter({ Key, Values }: NonNullable<Input<"ListSecrets">["Filters"]>[number]) {
  if (Key === undefined) throw invalidParameter("Invalid filter key");
  if (Values === undefined) throw invalidParameter(`Invalid filter values for key: ${Key}`);
  return { Key, Values };
}

function describe(secret: Secret, input: { Description?: string | undefined; KmsKeyId?: string | undefined }): void {
  if (input.Description === "") delete secret.description;
  else if (input.Description !== undefined) secret.description = input.Description;
  if (input.KmsKeyId !== undefined) secret.kmsKeyId = input.KmsKeyId;
}

function tagsIn(tags: NonNullable<Input<"CreateSecret">["Tags"]>): Map<string, string> {
  if (tags.some(({ Key }) => Key.startsWith("aws:"))) {
    throw invalidParameter("Tag keys that begin with aws: are reserved for AWS.");
  }
  return new Map(tags.map(({ Key, Value = "" }) => [Key, Value]));
}

function describeMetadata(secret: Secret) {
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
    // "If the secret isn't configured for rotation or rotation has been disabled, Secrets Manager returns null."
    ...(rotation?.enabled && lastRotatedAt && { LastRotatedDate: seconds(lastRotatedAt) }),
    ...(next && { NextRotationDate: seconds(next) }),
    CreatedDate: seconds(secret.createdAt),
    LastChangedDate: seconds(secret.changedAt),
    ...(accessed.length > 0 && { LastAccessedDate: Math.max(...accessed.map(dayOf)) }),
    ...(deletion && { DeletedDate: seconds(deletion.requestedAt) }),
    ...(secret.tags && { Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })) }),
    ...(secret.replicas.size > 0 && { PrimaryRegion: homeRegion, ReplicationStatus: replicationStatus(secret) }),
  };
}

/** The labeled versions; undefined if there are none. */
function stagesByVersion(secret: Secret): Record<string, string[]> | undefined {
  const labeled = [...secret.versions.values()].filter(({ stages }) => stages.size > 0);
  return labeled.length === 0 ? undefined : Object.fromEntries(labeled.map(({ id, stages }) => [id, [...stages]]));
}
