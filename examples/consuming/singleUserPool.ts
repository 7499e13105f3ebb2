import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Pool, type PoolConfig } from "pg";

/** A pool that reads the password of a single user from the secret for each new connection. */
export function singleUserPool(client: SecretsManagerClient, secretId: string, options: PoolConfig): Pool {
  return new Pool({
    ...options,
    password: async () => {
      const { SecretString = "{}" } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
      return JSON.parse(SecretString).password;
    },
  });
}
