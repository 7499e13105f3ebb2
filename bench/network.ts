import { type DelayProxy, startDelayProxy } from "./delayProxy";
import type { BenchWorld } from "./world";

/** Proxies in front of Secrets Manager and the database. */
export interface Network {
  readonly service: DelayProxy;
  readonly database: DelayProxy;
  /** Of Secrets Manager, through its proxy. */
  readonly endpoint: string;
  close(): void;
}

/** @param delayMs of a round trip */
export async function startNetwork({ service, postgres }: BenchWorld, delayMs: number): Promise<Network> {
  const { hostname, port } = new URL(service.endpoint);
  const toService = await startDelayProxy({ host: hostname, port: Number(port) }, delayMs);
  const toDatabase = await startDelayProxy({ host: "localhost", port: postgres.port }, delayMs);
  return {
    service: toService,
    database: toDatabase,
    endpoint: `http://localhost:${toService.port}`,
    close() {
      toService.close();
      toDatabase.close();
    },
  };
}
