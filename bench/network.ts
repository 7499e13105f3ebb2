import { startDelayProxy } from "./delayProxy";
import type { BenchWorld } from "./world";

/** Starts proxies in front of Secrets Manager and the database. @param delayMs of a round trip */
export async function startNetwork({ service: { endpoint }, postgres }: BenchWorld, delayMs: number) {
  const { hostname, port } = new URL(endpoint);
  const service = await startDelayProxy({ host: hostname, port: Number(port) }, delayMs);
  const database = await startDelayProxy({ host: "localhost", port: postgres.port }, delayMs);
  return {
    ...{ service, database },
    /** URL of Secrets Manager through its proxy. */
    endpoint: `http://localhost:${service.port}`,
    async close() {
      await Promise.all([service.close(), database.close()]);
    },
  };
}
