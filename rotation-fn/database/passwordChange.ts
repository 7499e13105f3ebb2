import { escapeLiteral } from "pg";
import { scramVerifier } from "./scramVerifier";

/** The session's setting in which the password's new form travels. */
const setting = "secrets_rotation.password";

/**
 * What the server is given of the password: by default a SCRAM verifier, with which nobody can log in; the password
 * itself only for a server that checks it.
 */
export type PasswordForm = "verifier" | "plaintext";

/**
 * Below the client's own limit: a server on which the client gives up goes on waiting for its locks, and would change
 * the password when nobody expects it any more.
 */
const statementTimeoutMs = 15_000;

/**
 * Startup options that hand over the new password's form as a setting of the session. PostgreSQL logs statements, their
 * parameters and what fails in them, shows statements in `pg_stat_activity`, and audit extensions keep them; nobody
 * writes down the startup packet's options. Backslashes and spaces are escaped as the server's
 * `pg_split_opts` wants them.
 *
 * `role=none` undoes a `role` that is set for the user at log-in: as its owner's role it could not change its own
 * password.
 */
export async function handOver(password: string, form: PasswordForm): Promise<string> {
  const value = form === "plaintext" ? password : await scramVerifier(password);
  return `-c role=none -c statement_timeout=${statementTimeoutMs} -c ${setting}=${value.replace(/[\\\s]/g, "\\$&")}`;
}

/**
 * The statement that gives a role the password which {@link handOver} handed over. `ALTER ROLE` takes no parameters,
 * so it is put together on the server. An error is raised anew with its own SQLSTATE and message: as it is, its context
 * in the log would quote the statement. So would what the server logs of one that waits for a lock (`log_lock_waits`, the
 * end of the session): the lock is taken by a statement without the password, and nobody sees the state in between.
 *
 * @param before - PL/pgSQL to run first, in the same transaction.
 */
export function changeStatement(username: string, before = ""): string {
  return `DO ${escapeLiteral(`BEGIN
${before}EXECUTE pg_catalog.format('ALTER ROLE %I PASSWORD NULL', ${escapeLiteral(username)});
EXECUTE pg_catalog.format('ALTER ROLE %I PASSWORD %L', ${escapeLiteral(username)}, pg_catalog.current_setting('${setting}'));
EXCEPTION WHEN QUERY_CANCELED OR OTHERS THEN
RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM;
END`)}`;
}
