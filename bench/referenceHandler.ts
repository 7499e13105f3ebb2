import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Client } from "pg";

/** Loads what every rotation function loads: the SDK's client and `pg`. */
const client = new SecretsManagerClient({});

export async function handler(): Promise<readonly string[]> {
  return [client.constructor.name, Client.name];
}
