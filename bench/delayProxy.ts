import { connect, createServer, type Socket } from "node:net";

/** What passed through since the last look. */
export interface Traffic {
  readonly connections: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /** How often the server answered what the client had said: each a round trip. Opening a connection is one more. */
  readonly answers: number;
}

/** TLS's goodbye, the alert close_notify, in a record of TLS 1.3 (RFC 8446, 5.2): it answers nothing. */
const goodbyeBytes = 24;

/** A longer way to a TCP server, which counts what passes. */
export interface DelayProxy {
  readonly port: number;
  /** @returns what passed since the last time that it was asked. */
  takeTraffic(): Traffic;
  close(): void;
}

/**
 * Puts a network between a client and a server on this machine: half of the delay on the way there, half on the way
 * back. Opening a connection costs a round trip too, which the system's own hides: the first bytes wait for it.
 *
 * @param delayMs of a round trip
 */
export async function startDelayProxy(target: { host: string; port: number }, delayMs: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>();
  const none = { connections: 0, bytesToServer: 0, bytesToClient: 0, answers: 0 };
  let traffic = { ...none };

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    traffic.connections += 1;
    const upstream = connect({ ...target, noDelay: true, allowHalfOpen: true });
    let clientSpoke = false;
    const toServer = courier(upstream, delayMs / 2, performance.now() + delayMs * 1.5);
    const toClient = courier(client, delayMs / 2, 0);
    client.on("data", (chunk: Buffer) => {
      traffic.bytesToServer += chunk.length;
      clientSpoke = true;
      toServer(() => upstream.write(chunk));
    });
    upstream.on("data", (chunk: Buffer) => {
      traffic.bytesToClient += chunk.length;
      if (clientSpoke && chunk.length !== goodbyeBytes) traffic.answers += 1;
      clientSpoke = false;
      toClient(() => client.write(chunk));
    });
    client.on("end", () => toServer(() => upstream.end()));
    upstream.on("end", () => toClient(() => client.end()));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => sockets.delete(one));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    takeTraffic() {
      const taken = traffic;
      traffic = { ...none };
      return taken;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Hands things over in order, each after the delay. @param notBefore moment before which nothing arrives */
function courier(to: Socket, delayMs: number, notBefore: number): (deliver: () => void) => void {
  let last = notBefore;
  return (deliver) => {
    const now = performance.now();
    last = Math.max(last, now + delayMs);
    if (last - now < 0.5) return deliver();
    setTimeout(() => !to.destroyed && deliver(), last - now);
  };
}
