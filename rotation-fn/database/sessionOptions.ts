import { escapeLiteral } from "pg";
import { ownStates } from "./databaseError";

/** The session's setting in which a new password's form travels. */
export const newPasswordSetting = "secrets_rotation.password";

/** What one session needs otherwise than usual. */
export interface SessionOptions {
  /**
   * Form of a new password that the session is given (see `changeStatement`). PostgreSQL logs statements, their
   * parameters and what fails in them, shows statements in `pg_stat_activity`, and audit extensions keep them; the
   * startup packet's options are in none of these.
   */
  readonly newPassword?: string;
  /** Whether the session takes the role that is set for its login, as an application does. @default false */
  readonly takesRole?: boolean;
}

/**
 * Settings that the rotated user or the owner of its database could choose for a session of theirs, or the function's.
 * In the startup packet they beat what is set for role and database. Each is here because something else is worse:
 * names that resolve to planted objects (`search_path`), a change that is refused (read-only, timeouts, `role`) or lost
 * when the server crashes (`synchronous_commit`), a verifier in the server's log (`debug_print_*`, `exit_on_error`), a
 * `VALID UNTIL` that moves (`DateStyle`, `TimeZone`), or text that is read otherwise than it was written.
 *
 * Of each, the value as `current_setting` shows it. Only settings that 14 to 18 have, and that a role that is no
 * superuser may set: any other ends the connection.
 */
const pins = {
  search_path: "pg_catalog, pg_temp",
  role: "none",
  default_transaction_read_only: "off",
  default_transaction_isolation: "read committed",
  // Below the client's own limit: a server on which the client gives up goes on waiting for its locks, and would change
  // the password later on.
  statement_timeout: "15s",
  lock_timeout: "10s",
  idle_session_timeout: "0",
  idle_in_transaction_session_timeout: "30s",
  client_min_messages: "error",
  exit_on_error: "off",
  debug_print_parse: "off",
  debug_print_rewritten: "off",
  debug_print_plan: "off",
  local_preload_libraries: "",
  synchronous_commit: "on",
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  quote_all_identifiers: "off",
  standard_conforming_strings: "on",
  transform_null_equals: "off",
  row_security: "on",
  password_encryption: "scram-sha-256",
  "plpgsql.extra_errors": "none",
  "plpgsql.variable_conflict": "error",
} as const;

/** The startup packet's `options`: backslashes and blanks are escaped as the server's `pg_split_opts` reads them. */
export function startupOptions(options: SessionOptions): string {
  const settings = pinsOf(options);
  if (options.newPassword !== undefined) settings.push([newPasswordSetting, options.newPassword]);
  return settings.map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, "\\$&")}`).join(" ");
}

/**
 * Fails unless the session has every pin: a pooler may drop the startup packet's options without a word. To be run
 * before anything else, so no operator and no unqualified function is in it.
 *
 * @param major - The server's version: from 17 on it has `transaction_timeout`, which no startup packet may name where
 *   the server is older.
 */
export function pinsStatement(options: SessionOptions, major: number): string {
  const wanted = pinsOf(options);
  const shown = wanted.map(([name]) => `pg_catalog.current_setting('${name}', true)`).join(", ");
  const body = `BEGIN
IF pg_catalog.textne(pg_catalog.concat_ws('; ', ${shown}), '${wanted.map(([, value]) => value).join("; ")}') THEN
RAISE EXCEPTION USING ERRCODE = '${ownStates.notPinned}', MESSAGE = 'the session does not have the settings that it was started with';
END IF;
END`;
  return `${major >= 17 ? "SET transaction_timeout TO 0;\n" : ""}DO ${escapeLiteral(body)}`;
}

function pinsOf({ takesRole = false }: SessionOptions): [string, string][] {
  return Object.entries(pins).filter(([name]) => !(takesRole && name === "role"));
}
