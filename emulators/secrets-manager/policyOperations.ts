import type { StoreOperations } from "./store";

/** Resource policies. They have no effect, because the emulator does not check signatures. */
export const policyOperations = {
  /** The provider reads it with each secret. */
  GetResourcePolicy(store, input) {
    const secret = store.findActive(input.SecretId);
    return { ARN: secret.arn, Name: secret.name, ResourcePolicy: secret.policy };
  },

  PutResourcePolicy(store, input) {
    const secret = store.findActive(input.SecretId);
    secret.policy = input.ResourcePolicy;
    return { ARN: secret.arn, Name: secret.name };
  },

  DeleteResourcePolicy(store, input) {
    const secret = store.findActive(input.SecretId);
    delete secret.policy;
    return { ARN: secret.arn, Name: secret.name };
  },
} satisfies Partial<StoreOperations>;
