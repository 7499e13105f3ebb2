import type { Input } from "./shapes";
import type { SecretStore } from "./store";

/** The resource policy as it was put; the provider asks for it at every read of a secret. */
export function getResourcePolicy(store: SecretStore, input: Input<"GetResourcePolicy">) {
  const secret = store.findActive(input.SecretId);
  return { ARN: secret.arn, Name: secret.name, ...(secret.policy !== undefined && { ResourcePolicy: secret.policy }) };
}

/** Keeps the policy. It has no effect: signatures are not checked. */
export function putResourcePolicy(store: SecretStore, input: Input<"PutResourcePolicy">) {
  const secret = store.findActive(input.SecretId);
  secret.policy = input.ResourcePolicy;
  return { ARN: secret.arn, Name: secret.name };
}

export function deleteResourcePolicy(store: SecretStore, input: Input<"DeleteResourcePolicy">) {
  const secret = store.findActive(input.SecretId);
  delete secret.policy;
  return { ARN: secret.arn, Name: secret.name };
}
