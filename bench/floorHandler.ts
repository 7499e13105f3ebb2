import { Agent, request } from "node:http";
import { Client, type ClientConfig } from "pg";

export interface FloorEvent {
  /** Of Secrets Manager. */
  readonly endpoint: string;
  readonly secretId: string;
  readonly database: ClientConfig;
}

const agent = new Agent({ keepAlive: true });

/**
 * Does the minimum of a rotation: six sequential calls as plain HTTP requests on one open connection, and two logins by
 * `pg` without a statement.
 *
 * @returns milliseconds
 */
export async function handler({ endpoint, secretId, database }: FloorEvent): Promise<number> {
  const startedAt = performance.now();
  for (let call = 0; call < 6; call += 1) await describeSecret(endpoint, secretId);
  for (let login = 0; login < 2; login += 1) {
    const client = new Client(database);
    client.on("error", () => undefined);
    await client.connect();
    void client.end();
  }
  return performance.now() - startedAt;
}

function describeSecret(endpoint: string, SecretId: string): Promise<void> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.DescribeSecret" };
  return new Promise((resolve, reject) => {
    request(endpoint, { agent, method: "POST", headers })
      .on("response", (response) => response.resume().on("end", resolve).on("error", reject))
      .on("error", reject)
      .end(JSON.stringify({ SecretId }));
  });
}
