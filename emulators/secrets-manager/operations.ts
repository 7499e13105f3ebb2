import { invalidName } from "./errors";
import { policyOperations } from "./policyOperations";
import { generatePassword } from "./randomPassword";
import { replicationOperations } from "./replication";
import type { Rotations } from "./rotation";
import { secretOperations } from "./secretOperations";
import { type Input, type OperationName, parseInput, shapes } from "./shapes";
import type { SecretStore } from "./store";
import { versionOperations } from "./versionOperations";

type Operations = {
  [Name in OperationName]: (store: SecretStore, input: Input<Name>, rotations: Rotations) => object;
};

const operations: Operations = {
  ...secretOperations,
  ...versionOperations,
  ...policyOperations,
  ...replicationOperations,
  GetRandomPassword: (_store, input) => ({ RandomPassword: generatePassword(input) }),
  RotateSecret: (_store, input, rotations) => rotations.rotate(input),
  CancelRotateSecret: (_store, input, rotations) => rotations.cancel(input),
};

/** The operations for which a recording shows that they refuse a SecretId that cannot be a name or an ARN. */
const operationsThatCheckSecretId: ReadonlySet<string> = new Set<OperationName>([
  ...(["DeleteSecret", "DescribeSecret", "GetSecretValue", "ListSecretVersionIds"] as const),
  ...(["PutSecretValue", "TagResource", "UntagResource", "UpdateSecret"] as const),
]);

export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(shapes, name);
}

/** Whether an operation does not change the state (except the time of the last access). */
export function isRead(name: string): boolean {
  return /^(Describe|Get|List)/.test(name);
}

/** Executes one request. @throws ServiceError */
export function execute<Name extends OperationName>(
  name: Name,
  body: unknown,
  store: SecretStore,
  rotations: Rotations,
): object {
  const input = parseInput(name, body);
  if (operationsThatCheckSecretId.has(name) && "SecretId" in input && !/^[\w/+=.@!:-]+$/.test(String(input.SecretId))) {
    throw invalidName();
  }
  return operations[name](store, input, rotations);
}
