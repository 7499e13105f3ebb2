import { Agent, request } from "node:http";
import { Client } from "pg";

/** Where the floor is measured. */
export interface FloorEvent {
  readonly endpoint: string;
  readonly secretId: string;
  readonly database: { readonly host: string; readonly port: number; readonly user: string; readonly password: string };
  readonly ca: string;
}

export interface Floor {
  readonly httpMs: number;
  readonly loginsMs: number;
}

const agent = new Agent({ keepAlive: true });

/**
 * The least that a rotation could take: its six sequential calls as bare HTTP requests over one connection that is
 * open already, and its two log-ins by `pg`, with no statement. Runs in a process like the function's.
 */
export async function handler({ endpoint, secretId, database, ca }: FloorEvent): Promise<Floor> {
  const startedAt = performance.now();
  for (let call = 0; call < 6; call += 1) await describe(endpoint, secretId);
  const calledAt = performance.now();
  for (let login = 0; login < 2; login += 1) {
    const client = new Client({ ...database, database: "postgres", ssl: { ca } });
    client.on("error", () => undefined);
    await client.connect();
    void client.end();
  }
  return { httpMs: calledAt - startedAt, loginsMs: performance.now() - calledAt };
}

function describe(endpoint: string, SecretId: string): Promise<void> {
  const body = JSON.stringify({ SecretId });
  return new Promise((resolve, reject) => {
    const call = request(endpoint, {
      agent,
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "content-length": body.length,
        "x-amz-target": "secretsmanager.DescribeSecret",
      },
    });
    call.on("response", (response) => {
      response.resume().on("end", resolve).on("error", reject);
    });
    call.on("error", reject);
    call.end(body);
  });
}
