import type { Client, Connection } from "pg";
import type { Credentials } from "./secretValue";

/** PostgreSQL 17: a connection may begin with the TLS handshake, without the SSLRequest and its answer before it. */
const firstVersion = 17;

/** `host:port` of the servers that this process has seen to take TLS at once. */
const direct = new Set<string>();

/**
 * How TLS begins on the next connection: at once (`direct`), which saves a round trip, or asked for (`postgres`), which
 * every server knows. An older server hangs up on the first, so it is chosen only where an earlier connection of this
 * process has seen the version.
 * Source: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
 */
export function negotiationWith({ host, port }: Credentials): "direct" | "postgres" {
  return direct.has(`${host}:${port}`) ? "direct" : "postgres";
}

/** Learns from what the server says of itself at log-in. */
export function learnVersion(client: Client & { readonly connection?: Connection }, { host, port }: Credentials): void {
  client.connection?.on("parameterStatus", ({ parameterName, parameterValue }) => {
    if (parameterName === "server_version" && Number.parseInt(parameterValue, 10) >= firstVersion) {
      direct.add(`${host}:${port}`);
    }
  });
}

/** After anything that went wrong: another server may stand there by now, or something between that reports another's version. */
export function forgetVersion({ host, port }: Credentials): void {
  direct.delete(`${host}:${port}`);
}
