import type { Client, Connection } from "pg";
import type { Credentials } from "../secret/secretValue";

/** PostgreSQL 17: a connection may begin with the TLS handshake, without the SSLRequest and its answer before it. */
const firstVersion = 17;

/** `host:port` → whether the server takes TLS at once, as far as this process has seen. */
const takesTlsAtOnce = new Map<string, boolean>();

/** How TLS begins: at once (`direct`), which saves a round trip, or asked for (`postgres`), which every server knows. */
export type Negotiation = "direct" | "postgres";

/**
 * An older server hangs up on `direct`, so it is chosen only where an earlier connection of this process has seen the
 * version.
 * Source: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
 */
export function negotiationWith(server: Credentials): Negotiation {
  return takesTlsAtOnce.get(keyOf(server)) ? "direct" : "postgres";
}

/**
 * Learns from what the server says of itself at log-in.
 *
 * @returns whether it has said anything yet: whether TLS came about.
 */
export function listenTo(client: Client & { readonly connection?: Connection }, server: Credentials): () => boolean {
  let spoken = false;
  for (const message of ["authenticationSASL", "authenticationMD5Password", "authenticationOk", "errorMessage"]) {
    client.connection?.once(message, () => {
      spoken = true;
    });
  }
  client.connection?.on("parameterStatus", ({ parameterName, parameterValue }) => {
    if (parameterName !== "server_version" || takesTlsAtOnce.has(keyOf(server))) return;
    takesTlsAtOnce.set(keyOf(server), Number.parseInt(parameterValue, 10) >= firstVersion);
  });
  return () => spoken;
}

/** For good: something in between passes on a version that it does not act up to. */
export function askFromNowOn(server: Credentials): void {
  takesTlsAtOnce.set(keyOf(server), false);
}

function keyOf({ host, port }: Credentials): string {
  return `${host}:${port}`;
}
