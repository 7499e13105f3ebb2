import { escapeLiteral } from "pg";
import { ownStates } from "./databaseError";

/** The session's setting that contains the new password or its verifier. */
export const newPasswordSetting = "secrets_rotation.password";

/** Options of one session. */
export interface SessionOptions {
  /**
   * The new password or its verifier (see `changeStatement`). PostgreSQL logs statements, parameters and failures, shows
   * statements in `pg_stat_activity`, and audit extensions keep them. The options of the startup packet are in none of
   * these.
   */
  readonly newPassword?: string;
  /** Whether the session keeps the `role` setting of its login, as an application's session does. @default false */
  readonly takesRole?: boolean;
}

/**
 * Settings that the rotated user or the owner of its database could set for the function's session. In the startup packet
 * they override those of the role and the database. Each prevents one of these: names that resolve to an attacker's objects
 * (`search_path`), a change that is refused (read-only, timeouts, `role`) or lost when the server crashes
 * (`synchronous_commit`), a verifier in the server's log (`debug_print_*`, `exit_on_error`), a changed `VALID UNTIL`
 * (`DateStyle`, `TimeZone`), or text that the server interprets differently.
 *
 * The values are those of `current_setting`. Only settings that exist in 14 to 18 and that a role without SUPERUSER may
 * set: any other ends the connection.
 */
const pins = {
  search_path: "pg_catalog, pg_temp",
  role: "none",
  default_transaction_read_only: "off",
  default_transaction_isolation: "read committed",
  // Shorter than the client's limit: otherwise a server could change the password after the client has given up.
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

/** The startup packet's `options`, with backslashes and blanks escaped for the server's `pg_split_opts`. */
export function startupOptions(options: SessionOptions): string {
  const settings = pinsOf(options);
  if (options.newPassword !== undefined) settings.push([newPasswordSetting, options.newPassword]);
  return settings.map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, "\\$&")}`).join(" ");
}

/**
 * A statement that fails unless the session has every pin, because a pooler may ignore the startup packet's options. It
 * runs first, and therefore contains no operator and no unqualified function.
 *
 * @param major - The server's major version. From 17 on it has `transaction_timeout`, which a startup packet must not
 *   contain on older servers.
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
