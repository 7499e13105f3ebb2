import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Client } from "pg";

/** What no function of this kind can do without: the SDK's client, made, and `pg`. */
const client = new SecretsManagerClient({});

export async function handler(): Promise<readonly string[]> {
  return [client.constructor.name, Client.name];
}
