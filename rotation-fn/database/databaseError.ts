import type { ErrorCode } from "../errors";

import { RotationError } from "../errors";
import { printable } from "../printable";
import type { Credentials } from "../secret/secretValue";

/** SQLSTATEs with which the function's own statements fail. */
export const ownStates = {
  /** The session has other settings than it was started with. */
  notPinned: "SRPIN",
  /** The clone did not become what it was made. */
  notAlike: "SRKEY",
  /** A user that changes its own password has a second login. */
  secondLogin: "SRTWO",
  /** The server would keep the password that it is given in plain text. */
  tracked: "SRPSS",
} as const;

/** SQLSTATEs that say more than "the database failed" (PostgreSQL manual, appendix A). */
const bySqlState: Readonly<Record<string, ErrorCode>> = {
  "28P01": "LoginRefused", // invalid_password
  "28000": "LoginRefused", // invalid_authorization_specification
  "3D000": "DatabaseMissing", // invalid_catalog_name
  "42501": "PermissionDenied", // insufficient_privilege
  "42704": "RoleMissing", // undefined_object
  "25006": "DatabaseReadOnly", // read_only_sql_transaction
  "53300": "DatabaseFull", // too_many_connections
  "25P04": "DatabaseConnectionLost", // transaction_timeout: a session ends its own limit with its first statement
  "57P01": "DatabaseConnectionLost", // admin_shutdown
  "57P02": "DatabaseConnectionLost", // crash_shutdown
  "57P03": "DatabaseStarting", // cannot_connect_now
  "55P03": "DatabaseTimeout", // lock_not_available
  "57014": "DatabaseTimeout", // query_canceled
  [ownStates.notPinned]: "PoolerBetween",
  [ownStates.notAlike]: "RoleRefused",
  [ownStates.secondLogin]: "SecondLoginLeft",
  [ownStates.tracked]: "PasswordTracked",
  "22023": "PasswordRejected", // invalid_parameter_value: passwordcheck and RDS's restrictions answer so
};

const byNodeCode: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: "DatabaseUnreachable",
  EHOSTUNREACH: "DatabaseUnreachable",
  ENETUNREACH: "DatabaseUnreachable",
  ENOTFOUND: "DatabaseUnreachable",
  EAI_AGAIN: "DatabaseUnreachable",
  ETIMEDOUT: "DatabaseTimeout",
  ECONNRESET: "DatabaseConnectionLost",
  EPIPE: "DatabaseConnectionLost",
};

/** What `pg` says in words only. */
const byMessage: readonly (readonly [RegExp, ErrorCode])[] = [
  [/does not support SSL/, "TlsUnsupported"],
  [/^SASL/, "ServerNotProven"],
  [/timeout/i, "DatabaseTimeout"],
  [
    /Connection terminated|connection is not queryable|Client has encountered a connection error/i,
    "DatabaseConnectionLost",
  ],
  [/establishing an SSL connection/, "DatabaseConnectionLost"],
];

/**
 * An error of `pg`, the socket or TLS as one of the catalogue. Only SQLSTATE 28P01 and 28000 are a refused log-in:
 * a server that can't be reached never reads as a bad password.
 *
 * @param doing - What was tried, with the staging label of the version: `logging in with AWSCURRENT`.
 */
export function databaseError(error: unknown, credentials: Credentials, doing: string): RotationError {
  if (error instanceof RotationError) return error;
  const { code, message } = parts(error);
  const where = `${credentials.host}:${credentials.port}/${credentials.dbname} as ${credentials.username}`;
  const said = [code, redact(printable(message), [credentials.password])].filter(Boolean).join(" ");
  return new RotationError(classify(code, message), `${doing} at ${where}: ${said}`, { cause: error });
}

/** PgBouncer refuses startup options, or drops them if told so; then the setting that they make is missing. */
const fromPooler = /unsupported startup parameter|unrecognized configuration parameter "secrets_rotation\./;

function classify(code: string, message: string): ErrorCode {
  if (fromPooler.test(message)) return "PoolerBetween";
  const known = bySqlState[code] ?? byNodeCode[code] ?? byMessage.find(([pattern]) => pattern.test(message))?.[1];
  if (known !== undefined) return known;
  if (code.startsWith("08")) return "DatabaseConnectionLost";
  return isCertificateCode(code) ? "TlsUntrusted" : "DatabaseFailed";
}

/** OpenSSL's verification results as Node names them, and Node's own for a host name that does not match. */
function isCertificateCode(code: string): boolean {
  return /CERT|ISSUER|^ERR_TLS|^ERR_SSL|^UNABLE_TO|^INVALID_CA$|^INVALID_PURPOSE$|^HOSTNAME_MISMATCH$/.test(code);
}

function parts(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: "", message: typeof error };
  // A host with several addresses fails with one error for each of them.
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return parts(error.errors[0]);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return { code, message: error.message };
}

/** Belt and braces: no message of PostgreSQL or Node is known to quote a credential. */
function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .reduce((line, secret) => line.replaceAll(secret, "[redacted]"), text)
    .replace(/SCRAM-SHA-256\$\S+/g, "[redacted]");
}
