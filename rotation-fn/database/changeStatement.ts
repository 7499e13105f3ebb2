import { escapeLiteral } from "pg";
import { ownStates } from "./databaseError";
import { defaultIterations, scramVerifier } from "./scramVerifier";
import { newPasswordSetting } from "./sessionOptions";

/**
 * What the function sends to the server: by default a SCRAM verifier, which is not enough to log in; the password itself
 * only for a server that checks passwords.
 */
export type PasswordForm = "verifier" | "plaintext";

/** The new password as a session sends it, with the number of SCRAM iterations that the server uses. */
export type NewPassword = (iterations: number) => Promise<string>;

/** The new password in this form, for {@link signIn}. */
export function newPasswordForm(password: string, form: PasswordForm): NewPassword {
  if (form === "plaintext") return async () => password;
  const usual = scramVerifier(password);
  return (iterations) => (iterations === defaultIterations ? usual : scramVerifier(password, undefined, iterations));
}

/** `pg_stat_statements` with `track = all` keeps the nested statements, and members of `pg_read_all_stats` can read them. */
const notTracked = `IF current_setting('${newPasswordSetting}') NOT LIKE 'SCRAM-SHA-256$%'
AND current_setting('pg_stat_statements.track', true) = 'all' THEN
RAISE EXCEPTION USING ERRCODE = '${ownStates.tracked}', MESSAGE = 'pg_stat_statements.track is all: it would keep the password';
END IF;
`;

/**
 * The statement that sets a role's password to the one in the session's settings. `ALTER ROLE` accepts no parameters, so
 * that the server composes it. An error is raised again with the same SQLSTATE and message, because the context of the
 * original would quote the statement in the log. The server also logs a statement that waits for a lock
 * (`log_lock_waits`, the end of the session). Therefore a statement without the password acquires the lock first, in the
 * same transaction, whose intermediate state no other session sees.
 *
 * @param before - PL/pgSQL to run first, in the same transaction.
 */
export function changeStatement(username: string, before = ""): string {
  return `DO ${escapeLiteral(`BEGIN
${notTracked}${before}EXECUTE format('ALTER ROLE %I PASSWORD NULL', ${escapeLiteral(username)});
EXECUTE format('ALTER ROLE %I PASSWORD %L', ${escapeLiteral(username)}, current_setting('${newPasswordSetting}'));
EXCEPTION WHEN QUERY_CANCELED OR OTHERS THEN
RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM;
END`)}`;
}
