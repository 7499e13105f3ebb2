import { type ErrorCode, partsOf, RotationError } from "../errors";
import { printable } from "../printable";
import type { Credentials } from "../secret/secretValue";

/** SQLSTATEs with which the function's own statements fail. */
export const ownStates = {
  /** The session does not have the settings that it was started with. */
  notPinned: "SRPIN",
  /** After the change, the clone is not a second login of the user. */
  notSecondLogin: "SRKEY",
  /** A user that changes its own password has a second login. */
  secondLogin: "SRTWO",
  /** The server would keep the plaintext password. */
  tracked: "SRPSS",
} as const;

/** What the session was doing: the same SQLSTATE means different things. */
export type Phase = "login" | "statement";

/**
 * SQLSTATEs that say more than "the database failed" (PostgreSQL manual, appendix A), and Node's codes, in either phase.
 */
const inEitherPhase: Readonly<Record<string, ErrorCode>> = {
  "3D000": "DatabaseMissing", // invalid_catalog_name
  "42501": "PermissionDenied", // insufficient_privilege
  "42704": "RoleMissing", // undefined_object
  "25006": "DatabaseReadOnly", // read_only_sql_transaction
  "53300": "DatabaseFull", // too_many_connections
  "25P04": "DatabaseConnectionLost", // transaction_timeout, which a session turns off in its first statement
  "57P01": "DatabaseConnectionLost", // admin_shutdown
  "57P02": "DatabaseConnectionLost", // crash_shutdown
  "57P03": "DatabaseStarting", // cannot_connect_now
  "55P03": "DatabaseTimeout", // lock_not_available
  "57014": "DatabaseTimeout", // query_canceled
  [ownStates.notPinned]: "PoolerDetected",
  [ownStates.notSecondLogin]: "RoleRefused",
  [ownStates.secondLogin]: "SecondLoginLeft",
  [ownStates.tracked]: "PasswordTracked",
  ECONNREFUSED: "DatabaseUnreachable",
  EHOSTUNREACH: "DatabaseUnreachable",
  ENETUNREACH: "DatabaseUnreachable",
  ENOTFOUND: "DatabaseUnreachable",
  EAI_AGAIN: "DatabaseUnreachable",
  ETIMEDOUT: "DatabaseUnreachable",
  ECONNRESET: "DatabaseConnectionLost",
  EPIPE: "DatabaseConnectionLost",
};

const byPhase: Readonly<Record<Phase, Readonly<Record<string, ErrorCode>>>> = {
  login: {
    "28P01": "LoginRefused", // invalid_password
    "28000": "LoginNotAllowed", // invalid_authorization_specification: pg_hba.conf, NOLOGIN
    "55000": "LoginNotAllowed", // object_not_in_prerequisite_state: ALLOW_CONNECTIONS false
    P0001: "LoginNotAllowed", // raise_exception: a login trigger
    "08000": "LoginNotAllowed", // connection_exception: clientauth of pg_tle
    "42501": "ConnectDenied", // insufficient_privilege: CONNECT on the database
    "0A000": "PoolerDetected", // feature_not_supported: RDS Proxy, of startup options
    "08P01": "PoolerDetected", // protocol_violation: PgBouncer, of startup options
  },
  // Rules about passwords: passwordcheck and RDS answer 22023, credcheck 28000, a function of pg_tle P0001.
  statement: {
    "22023": "PasswordRejected",
    "28000": "PasswordRejected",
    "28P01": "PasswordRejected",
    P0001: "PasswordRejected",
  },
};

/** Errors of `pg` that have no code. */
const byMessage: readonly (readonly [RegExp, ErrorCode])[] = [
  [/does not support SSL/, "TlsUnsupported"],
  // pg refuses to compute more than `scramMaxIterations`.
  [/^SASL: .*iteration count .* exceeds/, "TooManyIterations"],
  [/^SASL channel binding/, "TlsUnsupported"],
  [/^SASL/, "ServerNotAuthenticated"],
  [/timeout/i, "DatabaseTimeout"],
  [
    /Connection terminated|connection is not queryable|Client has encountered a connection error/i,
    "DatabaseConnectionLost",
  ],
  [/establishing an SSL connection/, "DatabaseConnectionLost"],
];

/**
 * Converts an error of `pg`, the socket or TLS. Only SQLSTATE 28P01 at the login is a refused password: an unreachable
 * server, or one that accepts no password at all from here, never counts as a wrong password.
 *
 * @param doing - What was tried, with the staging label of the version: `logging in with AWSCURRENT`.
 * @param newPassword - The password or verifier that the server got, which its rules for passwords may quote.
 */
export function databaseError(
  error: unknown,
  credentials: Credentials,
  doing: string,
  phase: Phase,
  newPassword = credentials.password,
): RotationError {
  if (error instanceof RotationError) return error;
  const { code, name, message } = partsOf(error);
  const where = `${credentials.host}:${credentials.port}/${credentials.dbname} as ${credentials.username}`;
  const said = [code, message].filter(Boolean).join(" ") || name;
  // First, because `printable` changes and cuts a text, and so what it contains of a password.
  const redacted = [credentials.password, newPassword]
    .reduce((text, secret) => text.replaceAll(secret, "[redacted]"), said)
    .replace(/SCRAM-SHA-256\$\S+/g, "[redacted]");
  const what = `${doing} at ${where}: ${printable(redacted)}`;
  // With a megabyte of the server's text, a pattern can occupy the process for minutes, and the time limit with it.
  return new RotationError(classify(code, message.slice(0, 1_000), phase), what, { cause: error });
}

/** Extensions that raise errors without a code (internal_error), and one of PostgreSQL's own. */
const withoutSqlState: Readonly<Record<Phase, readonly (readonly [RegExp, ErrorCode])[]>> = {
  login: [[/has been banned/, "LoginNotAllowed"]], // credcheck, after several refused passwords
  statement: [
    [/\bpassword (type|length|should|must)\b/i, "PasswordRejected"], // credcheck up to 1.1
    [/no possible grantors/, "PermissionDenied"], // ADMIN OPTION through a role that is not inherited
  ],
};

/** PgBouncer refuses startup options, or ignores them if configured to; then the setting in them is missing. */
const fromPooler = /unsupported startup parameter|unrecognized configuration parameter "secrets_rotation\./;

function classify(code: string, message: string, phase: Phase): ErrorCode {
  if (fromPooler.test(message)) return "PoolerDetected";
  if (phase === "login" && /timeout/i.test(message) && code === "") return "DatabaseUnreachable";
  const internal = code === "XX000" ? withoutSqlState[phase] : [];
  const known =
    internal.find(([pattern]) => pattern.test(message))?.[1] ??
    // The server may send any text as its SQLSTATE, also the name of an inherited property.
    [byPhase[phase], inEitherPhase].find((codes) => Object.hasOwn(codes, code))?.[code] ??
    byMessage.find(([pattern]) => pattern.test(message))?.[1];
  if (known !== undefined) return known;
  if (code.startsWith("08")) return "DatabaseConnectionLost";
  return isCertificateCode(code) ? "TlsUntrusted" : "DatabaseFailed";
}

/** OpenSSL's verification results by Node's names, and Node's code for a host name that does not match. */
function isCertificateCode(code: string): boolean {
  return /CERT|ISSUER|^ERR_TLS|^ERR_SSL|^UNABLE_TO|^INVALID_CA$|^INVALID_PURPOSE$|^HOSTNAME_MISMATCH$/.test(code);
}
