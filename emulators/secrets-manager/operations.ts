import { invalidName } from "./errors";
import * as policies from "./policyOperations";
import { generatePassword } from "./randomPassword";
import * as replication from "./replication";
import type { Rotations } from "./rotation";
import * as secrets from "./secretOperations";
import { type Input, type OperationName, parseInput, shapes } from "./shapes";
import type { SecretStore } from "./store";
import * as versions from "./versionOperations";

type Operation<Name extends OperationName> = (store: SecretStore, input: Input<Name>, rotations: Rotations) => object;

const operations: { [Name in OperationName]: Operation<Name> } = {
  CreateSecret: secrets.createSecret,
  DescribeSecret: secrets.describeSecret,
  UpdateSecret: secrets.updateSecret,
  ListSecrets: secrets.listSecrets,
  TagResource: secrets.tagResource,
  UntagResource: secrets.untagResource,
  DeleteSecret: secrets.deleteSecret,
  RestoreSecret: secrets.restoreSecret,
  GetSecretValue: versions.getSecretValue,
  PutSecretValue: versions.putSecretValue,
  UpdateSecretVersionStage: versions.updateSecretVersionStage,
  ListSecretVersionIds: versions.listSecretVersionIds,
  GetRandomPassword: (_store, input) => ({ RandomPassword: generatePassword(input) }),
  RotateSecret: (_store, input, rotations) => rotations.rotate(input),
  CancelRotateSecret: (_store, input, rotations) => rotations.cancel(input),
  GetResourcePolicy: policies.getResourcePolicy,
  PutResourcePolicy: policies.putResourcePolicy,
  DeleteResourcePolicy: policies.deleteResourcePolicy,
  ReplicateSecretToRegions: replication.replicateSecretToRegions,
  RemoveRegionsFromReplication: replication.removeRegionsFromReplication,
};

const reads: ReadonlySet<string> = new Set<OperationName>([
  ...(["DescribeSecret", "GetSecretValue", "GetRandomPassword", "GetResourcePolicy"] as const),
  ...(["ListSecrets", "ListSecretVersionIds"] as const),
]);

/** Operations that are recorded to refuse a SecretId that cannot be a name or an ARN. */
const namedOnly: ReadonlySet<string> = new Set<OperationName>([
  ...(["DeleteSecret", "DescribeSecret", "GetSecretValue", "ListSecretVersionIds"] as const),
  ...(["PutSecretValue", "TagResource", "UntagResource", "UpdateSecret"] as const),
]);

export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(shapes, name);
}

/** Whether an operation does not change the state (except the time of the last access). */
export function isRead(name: string): boolean {
  return reads.has(name);
}

/** Executes one request. @throws ServiceError */
export function execute<Name extends OperationName>(
  name: Name,
  body: unknown,
  store: SecretStore,
  rotations: Rotations,
): object {
  const input = parseInput(name, body);
  if (namedOnly.has(name) && "SecretId" in input && !/^[\w/+=.@!:-]+$/.test(String(input.SecretId))) {
    throw invalidName();
  }
  return operations[name](store, input, rotations);
}
