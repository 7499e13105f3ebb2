import { isIP } from "node:net";
import { Client, type ClientConfig, type Connection } from "pg";
import { RotationError } from "../errors";
import type { Credentials } from "../secret/secretValue";
import { databaseError } from "./databaseErrors";
import { askFromNowOn, listenTo, type Negotiation, negotiationWith } from "./negotiation";
import { trustedAuthorities } from "./tls";

/** Below the shortest timeout that makes sense for the function, so that the message is ours. In milliseconds. */
const connectTimeoutMs = 10_000;
const queryTimeoutMs = 20_000;

/** One authenticated connection. */
export interface Session {
  /** Who signed in. */
  readonly username: string;
  /**
   * Runs a statement, or several in one message and so in one transaction; answers with the last one's rows.
   *
   * @param doing - What it is for, in the words of an error's message.
   * @param tag - The command that the server must confirm first (the first word of its CommandComplete).
   * @throws RotationError of the kind that the server's SQLSTATE stands for.
   */
  run(statement: string, doing: string, tag: string): Promise<readonly Record<string, unknown>[]>;
  close(): void;
}

/**
 * Signs in: TLS with chain and host name verified, then a proof of the password that does not reveal it.
 *
 * @param label - Which credentials these are, for messages: `AWSCURRENT`.
 * @param options - Settings of the session, as in a server's command line: `-c name=value`.
 * @throws RotationError `LoginRefused` only where the server says so (28P01, 28000).
 */
export async function signIn(credentials: Credentials, label: string, options?: string): Promise<Session> {
  const negotiation = negotiationWith(credentials);
  const client = new Client({ ...configFor(credentials, negotiation), ...(options === undefined ? {} : { options }) });
  // A connection that breaks while nobody waits for an answer must not end the process.
  client.on("error", () => undefined);
  const proof = requireProof(client);
  const hasSpoken = listenTo(client, credentials);
  try {
    await client.connect();
    // A log-in without a proof and the server's "ready" can come in one packet: connect() is through then all the same.
    const unproven = proof.missing();
    if (unproven !== undefined) throw unproven;
  } catch (error) {
    void client.end().catch(() => undefined);
    const failure = databaseError(proof.missing() ?? error, credentials, `signing in with ${label}`);
    if (credentials.ssl && negotiation === "direct" && !hasSpoken() && failure.code !== "DatabaseUnreachable") {
      askFromNowOn(credentials);
      return signIn(credentials, label, options);
    }
    throw failure;
  }
  return {
    username: credentials.username,
    async run(statement, doing, tag) {
      try {
        // Several statements have several results.
        const results = [await client.query<Record<string, unknown>>(statement)].flat();
        const command = results[0]?.command;
        if (command !== tag) {
          throw new RotationError(
            "DatabaseFailed",
            `${doing}: the server confirmed ${command || "nothing"}, not ${tag}`,
          );
        }
        return results.at(-1)?.rows ?? [];
      } catch (error) {
        throw databaseError(error, credentials, doing);
      }
    },
    // Says goodbye without waiting for the server to hang up: a round trip that nobody needs.
    close: () => void client.end().catch(() => undefined),
  };
}

/** A session, or the server's refusal of the credentials. */
export type Attempt =
  | { readonly session: Session; readonly refusal?: undefined }
  | { readonly session?: undefined; readonly refusal: RotationError };

/** Tries credentials out. Everything but a refusal is thrown: an unreachable server says nothing of them. */
export async function tryToSignIn(credentials: Credentials, label: string, options?: string): Promise<Attempt> {
  try {
    return { session: await signIn(credentials, label, options) };
  } catch (error) {
    if (error instanceof RotationError && error.code === "LoginRefused") return { refusal: error };
    throw error;
  }
}

function configFor(
  { host, port, username, password, dbname, ssl }: Credentials,
  negotiation: Negotiation,
): ClientConfig {
  return {
    // Field by field: where pg parses a connection string, it overwrites `ssl` (node-postgres #2558).
    host,
    port,
    user: username,
    password,
    database: dbname,
    application_name: "secrets-rotation",
    ssl: ssl && { secureContext: trustedAuthorities(), rejectUnauthorized: true, ...(isIP(host) ? { host } : {}) },
    ...(ssl && { sslnegotiation: negotiation }),
    enableChannelBinding: ssl,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
  };
}

/**
 * Lets nobody in without a proof of the password, as libpq's `require_auth=scram-sha-256,md5` does (by SCRAM, the
 * server proves that it knows it, too): `pg` itself would send the password in clear to any server that asks so, and
 * would take a server that asks for nothing (pg_hba's `trust`, where every password "works") at its word.
 */
function requireProof(client: Client & { readonly connection?: Connection }): { missing(): RotationError | undefined } {
  const { connection } = client;
  let proven = false;
  let missing: RotationError | undefined;
  const refuse = (what: string): void => {
    missing = new RotationError("ServerNotProven", `the server ${what}`);
    connection?.stream.destroy(missing);
  };
  // These run ahead of pg's own listeners, which it adds on connect().
  connection?.once("authenticationCleartextPassword", () => refuse("asked for the password in clear"));
  connection?.once("authenticationMD5Password", () => {
    proven = true;
  });
  connection?.once("authenticationSASLFinal", () => {
    proven = true;
  });
  connection?.once("authenticationOk", () => {
    if (!proven) refuse("let the user in without a password");
  });
  return { missing: () => missing };
}
