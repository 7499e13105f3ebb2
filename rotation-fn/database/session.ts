import { isIP } from "node:net";
import { Client, type ClientConfig } from "pg";
import { RotationError } from "../errors";
import type { Credentials } from "../secret/secretValue";
import { trustedAuthorities } from "./certificates";
import { databaseError } from "./databaseError";
import { guard, type Proof } from "./serverGuard";
import { pinsStatement, type SessionOptions, startupOptions } from "./sessionOptions";

/** Below the shortest timeout that makes sense for the function, so that its own message is the one that is seen. In ms. */
const connectTimeoutMs = 10_000;
const queryTimeoutMs = 20_000;

/** One authenticated connection. */
export interface Session {
  /** Who signed in. */
  readonly username: string;
  /** Which kind of verifier the server has of the password: `md5` is replaced by `scram` at the first rotation. */
  readonly kept: "scram" | "md5";
  /** The server's major version. */
  readonly major: number;
  /**
   * Runs a statement, or several in one message and so in one transaction; answers with the last one's rows.
   *
   * @param purpose - What it is for, in the words of an error's message.
   * @param command - The command that the server must confirm first (the first word of its CommandComplete).
   * @throws RotationError of the kind that the server's SQLSTATE stands for.
   */
  run(statement: string, purpose: string, command: string): Promise<readonly Record<string, unknown>[]>;
  close(): void;
}

export interface SignInOptions extends SessionOptions {
  /** @default "scram or md5" */
  readonly proof?: Proof;
}

/**
 * Signs in: TLS with chain and host name verified, then a proof of the password that does not reveal it. The session
 * has its settings from the startup packet, whatever is set for the role or the database, and its first message fails
 * where it has not.
 *
 * @param label - Which credentials these are, for messages: `AWSCURRENT`.
 * @throws RotationError `LoginRefused` only where the server says so (28P01, 28000).
 */
export async function signIn(credentials: Credentials, label: string, options: SignInOptions = {}): Promise<Session> {
  const client = new Client({ ...configFor(credentials), options: startupOptions(options) });
  // A connection that breaks while nobody waits for an answer must not end the process.
  client.on("error", () => undefined);
  const { refusal, proof } = guard(client, options.proof ?? "scram or md5");
  let major = 0;
  client.connection?.on("parameterStatus", ({ parameterName, parameterValue }) => {
    if (parameterName === "server_version") major = Number.parseInt(parameterValue, 10) || 0;
  });
  const failure = (error: unknown, purpose: string): RotationError => {
    // A connection that was given up goes on reading until its stream is gone.
    if (refusal() !== undefined) client.connection?.stream.destroy();
    return databaseError(refusal() ?? error, credentials, purpose);
  };
  try {
    await client.connect();
    // A log-in without a proof and the server's "ready" can come in one packet: connect() is through then all the same.
    const refused = refusal();
    if (refused !== undefined) throw refused;
  } catch (error) {
    void client.end().catch(() => undefined);
    throw failure(error, `logging in with ${label}`);
  }
  let proven = false;
  return {
    username: credentials.username,
    kept: proof() ?? "scram",
    major,
    async run(statement, purpose, command) {
      const prefix = proven ? [] : [pinsStatement(options, major)];
      try {
        // Several statements have several results.
        const results = [await client.query<Record<string, unknown>>([...prefix, statement].join(";\n"))].flat();
        const confirmed = results.slice(proven ? 0 : major >= 17 ? 2 : 1);
        if (confirmed[0]?.command !== command) {
          throw new RotationError(
            "DatabaseFailed",
            `${purpose}: the server confirmed ${confirmed[0]?.command || "nothing"}, not ${command}`,
          );
        }
        proven = true;
        return confirmed.at(-1)?.rows ?? [];
      } catch (error) {
        throw failure(error, purpose);
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
export async function tryToSignIn(credentials: Credentials, label: string, options?: SignInOptions): Promise<Attempt> {
  try {
    return { session: await signIn(credentials, label, options) };
  } catch (error) {
    if (error instanceof RotationError && error.code === "LoginRefused") return { refusal: error };
    throw error;
  }
}

function configFor({ host, port, username, password, dbname, ssl }: Credentials): ClientConfig {
  return {
    // Field by field: where pg parses a connection string, it overwrites `ssl` (node-postgres #2558).
    host,
    port,
    user: username,
    password,
    database: dbname,
    application_name: "secrets-rotation",
    ssl: ssl && { secureContext: trustedAuthorities(), rejectUnauthorized: true, ...(isIP(host) ? { host } : {}) },
    enableChannelBinding: ssl,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
  };
}
