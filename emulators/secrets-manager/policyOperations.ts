import type { Input } from "./shapes";
import type { SecretStore } from "./store";

/** Returns the stored resource policy, which the provider reads with each secret. */
export function getResourcePolicy(store: SecretStore, input: Input<"GetResourcePolicy">) {
  const secret = store.findActive(input.SecretId);
  return { ARN: secret.arn, Name: secret.name, ...(secret.policy !== undefined && { ResourcePolicy: secret.policy }) };
}

/** Stores the policy. It has no effect, because the emulator does not check signatures. */
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
