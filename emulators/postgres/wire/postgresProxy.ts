import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, TLSSocket } from "node:tls";
import type { IssuedCertificate } from "../certificates";
import { sslRequest } from "./messages";
import { Relay, type Watch } from "./relay";

export type { ConnectionFault, Exchange, Moment, Watch } from "./relay";

export interface PostgresProxyOptions {
  /** The real server. */
  readonly port: number;
  /** PEM of the authority of the server's certificate. */
  readonly ca: string;
  /**
   * The server's own certificate and key. SCRAM's channel binding binds a login to the certificate, so that a proxy with
   * another one is refused.
   */
  readonly certificate: IssuedCertificate;
}

/** A proxy between the function and PostgreSQL, which sees each exchange decrypted and can disturb it. */
export interface PostgresProxy {
  readonly port: number;
  /** Decides about each exchange. Undefined: all pass. */
  watch: Watch | undefined;
  /** Presents another certificate to new connections. Undefined: the server's own. */
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
    // The first message is SSLRequest, because the function always uses TLS.
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
    // Broken connections are expected. Relay closes the other side.
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
