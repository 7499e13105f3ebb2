import { isIP } from "node:net";
import { Client, type ClientConfig } from "pg";
import { hasCode, RotationError } from "../errors";
import type { Credentials } from "../secret/secretValue";
import { trustedAuthorities } from "./certificates";
import type { NewPassword } from "./changeStatement";
import { databaseError, type Phase } from "./databaseError";
import { defaultIterations, mostIterations } from "./scramVerifier";
import { guard, type Proof } from "./serverGuard";
import { pinsStatement, type SessionOptions, startupOptions } from "./sessionOptions";

/** In milliseconds, below the shortest reasonable timeout of the function, so that the function's own message is logged. */
const connectTimeoutMs = 10_000;
const queryTimeoutMs = 20_000;

/** One authenticated connection. */
export interface Session {
  /** Type of the stored verifier. The first rotation replaces `md5` by `scram`. */
  readonly verifierType: "scram" | "md5";
  /** The server's major version. */
  readonly major: number;
  /**
   * Runs a statement, or several in one message and therefore in one transaction.
   *
   * @param purpose - The action, for an error's message: `changing the password of app`.
   * @param command - The command that the server must confirm first (the first word of its CommandComplete).
   * @returns the rows of the last statement.
   * @throws RotationError by the server's SQLSTATE.
   */
  run(statement: string, purpose: string, command: string): Promise<readonly Record<string, unknown>[]>;
  close(): void;
}

export interface SignInOptions extends Pick<SessionOptions, "takesRole"> {
  /** Once it is aborted, nothing more is sent. Undefined for an operator's command. */
  readonly signal: AbortSignal | undefined;
  readonly newPassword?: NewPassword;
  /** @default "scram or md5" */
  readonly proof?: Proof;
}

/**
 * Logs in over TLS, with chain and host name verified, and with a proof that does not reveal the password. The settings in
 * the startup packet override those of the role and the database. If the session does not have them, its first message
 * fails.
 *
 * @param label - Name of the credentials in messages: `AWSCURRENT`.
 * @throws RotationError `LoginRefused` only if the server refuses the password (28P01).
 */
export async function signIn(
  credentials: Credentials,
  label: string,
  { newPassword, ...options }: SignInOptions,
): Promise<Session> {
  if (newPassword === undefined) return logIn(credentials, label, options);
  const usual = await newPassword(defaultIterations);
  const session = await logIn(credentials, label, { ...options, newPassword: usual });
  if (session.iterations === defaultIterations) return session;
  let asTheServer: string;
  try {
    asTheServer = (await decidedByServer(session)) ? await newPassword(session.iterations) : usual;
  } catch (error) {
    session.close();
    throw error;
  }
  if (asTheServer === usual) return session;
  // The server reveals its iterations only after the login, and takes the verifier only before it.
  session.close();
  return logIn(credentials, label, { ...options, newPassword: asTheServer });
}

/** Whether `scram_iterations` is the server's. A user can set any number for itself and for the databases that it owns. */
async function decidedByServer(session: Session): Promise<boolean> {
  const query = "SELECT source FROM pg_settings WHERE name = 'scram_iterations'";
  const [setting] = await session.run(query, "reading scram_iterations", "SELECT");
  return !["user", "database", "database user"].includes(String(setting?.source));
}

async function logIn(
  credentials: Credentials,
  label: string,
  options: SessionOptions & Pick<SignInOptions, "proof" | "signal">,
): Promise<Session & { readonly iterations: number }> {
  options.signal?.throwIfAborted();
  const client = new Client({ ...configFor(credentials), options: startupOptions(options) });
  // A connection that breaks while no query is pending must not end the process.
  client.on("error", () => undefined);
  const seen = guard(client, options.proof ?? "scram or md5");
  let major = 0;
  let scramIterations: number | undefined;
  client.connection?.on("parameterStatus", ({ parameterName, parameterValue }) => {
    if (parameterName === "server_version") major = Number.parseInt(parameterValue, 10) || 0;
    // From 16 on.
    if (parameterName === "scram_iterations") scramIterations = Number.parseInt(parameterValue, 10) || undefined;
  });
  const failure = (error: unknown, purpose: string, phase: Phase): RotationError => {
    // Without this, an abandoned connection continues to read.
    if (seen.refusal !== undefined) client.connection?.stream.destroy();
    return databaseError(seen.refusal ?? error, credentials, purpose, phase, options.newPassword);
  };
  try {
    await client.connect();
    // The server can send a login without a proof and "ready" in one packet; then connect() succeeds.
    if (seen.refusal !== undefined) throw seen.refusal;
  } catch (error) {
    void client.end().catch(() => undefined);
    throw failure(error, `logging in with ${label}`, "login");
  }
  let proven = false;
  return {
    verifierType: seen.proof ?? "scram",
    major,
    iterations: Math.min(Math.max(scramIterations ?? seen.iterations ?? 0, defaultIterations), mostIterations),
    async run(statement, purpose, command) {
      options.signal?.throwIfAborted();
      const prefix = proven ? [] : [pinsStatement(options, major)];
      try {
        // `pg` returns an array for several statements.
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
        throw failure(error, purpose, "statement");
      }
    },
    // Does not wait for the server to close the connection, which would cost a round trip.
    close: () => void client.end().catch(() => undefined),
  };
}

/**
 * Tests credentials.
 *
 * @returns a session, or the server's refusal of the credentials.
 * @throws every other error: an unreachable server does not show whether they are valid.
 */
export async function tryToSignIn(
  credentials: Credentials,
  label: string,
  options: SignInOptions,
): Promise<{ readonly session?: Session; readonly refusal?: RotationError }> {
  try {
    return { session: await signIn(credentials, label, options) };
  } catch (error) {
    if (hasCode(error, "LoginRefused")) return { refusal: error };
    throw error;
  }
}

function configFor({ host, port, username, password, dbname, ssl }: Credentials): ClientConfig {
  return {
    // Separate fields: pg overwrites `ssl` when it parses a connection string (node-postgres #2558).
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
    // Missing in @types/pg.
    ...{ scramMaxIterations: mostIterations },
  };
}
