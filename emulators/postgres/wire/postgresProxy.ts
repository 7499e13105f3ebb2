import { connect as connectTcp, createServer, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, TLSSocket } from "node:tls";
import { listen } from "../../listen";
import type { IssuedCertificate } from "../certificates";
import type { Postgres } from "../postgres";
import { sslRequest } from "./messages";
import { Relay, type Watch } from "./relay";

export type { ConnectionFault, Exchange, Moment, Watch } from "./relay";

/**
 * Starts a proxy that terminates TLS with the server's own certificate. SCRAM's channel binding would refuse a login
 * through another certificate.
 *
 * @param onConnection gets the two decrypted sides, and a function that breaks both below TLS, without closing them
 * properly
 */
export async function startTlsProxy(
  postgres: Postgres,
  onConnection: (client: TLSSocket, server: TLSSocket, reset: () => void) => void,
) {
  const trustedContext = createSecureContext({ ca: postgres.ca });
  const upstreams = new Set<Socket>();
  let presentedCertificate: IssuedCertificate | undefined;
  const listener = createServer({ noDelay: true }, (client) => {
    // Broken connections are expected. If one side breaks, the other stays open: a request may still be in transit.
    client.on("error", () => undefined);
    // The first message is SSLRequest, because the function always uses TLS.
    client.once("data", () => {
      const upstream = connectTcp({ host: "localhost", port: postgres.port, noDelay: true });
      upstreams.add(upstream);
      upstream.on("error", () => undefined);
      upstream.once("close", () => upstreams.delete(upstream));
      upstream.once("connect", () => upstream.write(sslRequest));
      upstream.once("data", () => {
        const server = connectTls({ socket: upstream, secureContext: trustedContext, servername: "localhost" });
        client.write("S");
        const { certificatePem, keyPem } = presentedCertificate ?? postgres.certificate();
        const secureContext = createSecureContext({ cert: certificatePem, key: keyPem });
        onConnection(new TLSSocket(client, { isServer: true, secureContext }), server, () => {
          for (const socket of [client, upstream]) if (!socket.destroyed) socket.resetAndDestroy();
        });
      });
    });
  });
  const { port, close } = await listen(listener, "localhost");
  return {
    port,
    /** Presents another certificate to new connections. Undefined: the server's own. */
    present(certificate?: IssuedCertificate): void {
      presentedCertificate = certificate;
    },
    async close(): Promise<void> {
      for (const socket of upstreams) socket.destroy();
      await close();
    },
  };
}

/** A proxy between the function and PostgreSQL, which sees each exchange and can disturb it. */
export interface PostgresProxy extends Awaited<ReturnType<typeof startTlsProxy>> {
  /** Decides about each exchange. Undefined: all pass. */
  watch: Watch | undefined;
}

export async function startPostgresProxy(postgres: Postgres): Promise<PostgresProxy> {
  const tls = await startTlsProxy(postgres, (client, server, reset) => {
    new Relay(client, server, (moment, exchange) => proxy.watch?.(moment, exchange), reset);
  });
  const proxy: PostgresProxy = { ...tls, watch: undefined };
  return proxy;
}
