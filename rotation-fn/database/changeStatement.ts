import { escapeLiteral } from "pg";
import { ownStates } from "./databaseError";
import { scramVerifier } from "./scramVerifier";
import { newPasswordSetting } from "./sessionOptions";

/**
 * What the server is given of the password: by default a SCRAM verifier, with which nobody can log in; the password
 * itself only for a server that checks it.
 */
export type PasswordForm = "verifier" | "plaintext";

/** The new password in that form, for the session's {@link SessionOptions}. */
export async function newPasswordForm(password: string, form: PasswordForm): Promise<string> {
  return form === "plaintext" ? password : await scramVerifier(password);
}

/** `pg_stat_statements` with `track = all` keeps the statements within this one, for members of `pg_read_all_stats`. */
const notTracked = `IF current_setting('${newPasswordSetting}') NOT LIKE 'SCRAM-SHA-256$%'
AND current_setting('pg_stat_statements.track', true) = 'all' THEN
RAISE EXCEPTION USING ERRCODE = '${ownStates.tracked}', MESSAGE = 'pg_stat_statements.track is all: it would keep the password';
END IF;
`;

/**
 * The statement that gives a role the password that the session was started with. `ALTER ROLE` takes no parameters,
 * so it is put together on the server. An error is raised again with its own SQLSTATE and message: as it is, its context
 * in the log would quote the statement. So would what the server logs of one that waits for a lock (`log_lock_waits`, the
 * end of the session): the lock is taken by a statement without the password, and nobody sees the state in between.
 *
 * @param before - PL/pgSQL to run first, in the same transaction.
 * @param declarations - Variables of `before`.
 */
export function changeStatement(username: string, before = "", declarations = ""): string {
  return `DO ${escapeLiteral(`${declarations}BEGIN
${notTracked}${before}EXECUTE format('ALTER ROLE %I PASSWORD NULL', ${escapeLiteral(username)});
EXECUTE format('ALTER ROLE %I PASSWORD %L', ${escapeLiteral(username)}, current_setting('${newPasswordSetting}'));
EXCEPTION WHEN QUERY_CANCELED OR OTHERS THEN
RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM;
END`)}`;
}
