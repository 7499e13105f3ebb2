import { invalidParameter } from "./errors";
import type { Secret } from "./secret";
import type { Input } from "./shapes";
import { homeRegion, type StoreOperations } from "./store";

type Regions = NonNullable<Input<"CreateSecret">["AddReplicaRegions"]>;

/** Stores only the names of regions, because the emulator has one region. A replica is in sync immediately. */
export const replicationOperations = {
  ReplicateSecretToRegions(store, input) {
    const secret = store.findActive(input.SecretId);
    addReplicas(secret, input.AddReplicaRegions);
    return { ARN: secret.arn, ReplicationStatus: replicationStatus(secret) };
  },

  RemoveRegionsFromReplication(store, input) {
    const secret = store.findActive(input.SecretId);
    for (const one of input.RemoveReplicaRegions) secret.replicas.delete(one);
    return { ARN: secret.arn, ReplicationStatus: replicationStatus(secret) };
  },
} satisfies Partial<StoreOperations>;

/** @throws ServiceError InvalidParameterException for the secret's own region */
export function checkReplicas(regions: Regions): void {
  if (regions.some(({ Region }) => Region === homeRegion)) throw invalidParameter("Invalid replica region.");
}

export function addReplicas(secret: Secret, regions: Regions): void {
  checkReplicas(regions);
  for (const { Region, KmsKeyId } of regions) secret.replicas.set(Region, { KmsKeyId });
}

export function replicationStatus({ replicas }: Secret) {
  return [...replicas].map(([Region, { KmsKeyId = "alias/aws/secretsmanager" }]) => ({
    ...{ Region, KmsKeyId, Status: "InSync", StatusMessage: "Replication succeeded" },
  }));
}
