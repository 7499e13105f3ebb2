import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** A client for a Secrets Manager that does not check credentials. */
export function localClient(endpoint: string): SecretsManagerClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new SecretsManagerClient({ endpoint, region: "us-east-1", credentials });
}
