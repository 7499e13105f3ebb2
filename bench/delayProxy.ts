import { connect, createServer, type Socket } from "node:net";
import { listen } from "../emulators/listen";

/** What passed through a proxy since the last call of `resetTraffic`. */
export type Traffic = Readonly<typeof noTraffic>;
const noTraffic = {
  connections: 0,
  bytesToServer: 0,
  bytesToClient: 0,
  /** One to open a connection, and one each time that the server answers the client. */
  roundTrips: 0,
};

/** The length of TLS 1.3's close_notify alert as a record (RFC 8446, 5.2). It is not an answer. */
const closeNotifyBytes = 24;

/**
 * Starts a TCP proxy that delays and counts what passes. Half of the delay applies in each direction. The operating
 * system accepts a connection without a delay. Therefore the first bytes wait one more round trip, the one that opens a
 * TCP connection.
 *
 * @param delayMs of a round trip
 */
export async function startDelayProxy(target: { host: string; port: number }, delayMs: number) {
  let traffic = { ...noTraffic };

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    traffic.connections += 1;
    traffic.roundTrips += 1;
    const upstream = connect({ ...target, noDelay: true, allowHalfOpen: true });
    const toServer = delayedQueue(upstream, delayMs / 2, performance.now() + delayMs * 1.5);
    const toClient = delayedQueue(client, delayMs / 2, 0);
    let clientSpoke = false;
    client.on("data", (chunk: Buffer) => {
      traffic.bytesToServer += chunk.length;
      clientSpoke = true;
      toServer(() => upstream.write(chunk));
    });
    upstream.on("data", (chunk: Buffer) => {
      traffic.bytesToClient += chunk.length;
      if (clientSpoke && chunk.length !== closeNotifyBytes) traffic.roundTrips += 1;
      clientSpoke = false;
      toClient(() => client.write(chunk));
    });
    client.on("end", () => toServer(() => upstream.end()));
    upstream.on("end", () => toClient(() => client.end()));
    client.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  return {
    ...(await listen(server, "localhost")),
    /** Resets the counts. @returns the counts before */
    resetTraffic(): Traffic {
      const previous = traffic;
      traffic = { ...noTraffic };
      return previous;
    },
  };
}

/** Runs callbacks in the order given, each after the delay. @param notBefore earliest moment of the first one */
function delayedQueue(to: Socket, delayMs: number, notBefore: number): (deliver: () => void) => void {
  let last = notBefore;
  return (deliver) => {
    const now = performance.now();
    last = Math.max(last, now + delayMs);
    if (last - now < 0.5) deliver();
    else setTimeout(() => !to.destroyed && deliver(), last - now);
  };
}
