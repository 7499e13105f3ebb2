import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, TLSSocket } from "node:tls";
import type { IssuedCertificate } from "../certificates";
import { sslRequest } from "./messages";
import { Relay, type Watch } from "./relay";

export type { Disturbance, Exchange, Moment, Watch } from "./relay";

export interface PostgresProxyOptions {
  /** The server behind. */
  readonly port: number;
  /** What the server's certificate has to come from, PEM. */
  readonly ca: string;
  /**
   * The server's own certificate and key. SCRAM's channel binding ties a sign-in to the certificate: a proxy with
   * another one is refused, as it should be.
   */
  readonly certificate: IssuedCertificate;
}

/** Stands between the function and PostgreSQL, sees each exchange in clear, and can disturb it. */
export interface PostgresProxy {
  readonly port: number;
  /** What is asked about each exchange; undefined lets all pass. */
  watch: Watch | undefined;
  /** Presents another certificate to whoever connects from now on; undefined: the server's own again. */
  present(certificate?: IssuedCertificate): void;
  /** Breaks all connections. */
  cut(): void;
  close(): Promise<void>;
}

export async function startPostgresProxy(options: PostgresProxyOptions): Promise<PostgresProxy> {
  const own = contextOf(options.certificate);
  const trusting = createSecureContext({ ca: options.ca });
  let presented = own;
  const open = new Set<Socket>();

  const server = createServer((client) => {
    track(client);
    // What comes first is SSLRequest: the function never does without TLS.
    client.once("data", () => {
      const upstream = connectTcp({ host: "localhost", port: options.port });
      track(upstream);
      upstream.once("connect", () => upstream.write(sslRequest));
      upstream.once("data", () => {
        const back = connectTls({ socket: upstream, secureContext: trusting, servername: "localhost" });
        client.write("S");
        const front = new TLSSocket(client, { isServer: true, secureContext: presented });
        const reset = (): void => {
          for (const socket of [client, upstream]) if (!socket.destroyed) socket.resetAndDestroy();
        };
        new Relay(front, back, (moment, exchange) => proxy.watch?.(moment, exchange), reset);
      });
    });
  });

  function track(socket: Socket): void {
    open.add(socket);
    socket.setNoDelay(true);
    // Broken connections are what this is for: what breaks on one side is closed on the other, see Relay.
    socket.on("error", () => undefined);
    socket.once("close", () => open.delete(socket));
  }

  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const proxy: PostgresProxy = {
    port: portOf(server),
    watch: undefined,
    present(certificate) {
      presented = certificate === undefined ? own : contextOf(certificate);
    },
    cut() {
      for (const socket of open) socket.resetAndDestroy();
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
  return proxy;
}

function contextOf({ certificatePem, keyPem }: IssuedCertificate) {
  return createSecureContext({ cert: certificatePem, key: keyPem });
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no TCP port");
  return address.port;
}
