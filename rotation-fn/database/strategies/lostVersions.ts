import type { SecretClient } from "../../secret/secretClient";
import { tryToParse } from "../../secret/secretValue";

/** Each costs a login, which the server may refuse and log. */
const triedAtMost = 5;

/**
 * Tries the passwords of versions that have lost their labels, newest first. When a value is stored by hand, Secrets
 * Manager removes AWSPENDING from the pending version. If the database already had that version's password, no labeled
 * version logs in (https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html,
 * RotationAbandoned).
 *
 * @param attempt - Logs in with a password to the server and database in AWSCURRENT.
 * @returns the result of the first attempt that the server did not refuse
 */
export async function tryLostVersions<Session>(
  secret: SecretClient,
  username: string,
  attempt: (password: string) => Promise<Session | undefined>,
): Promise<Session | undefined> {
  for await (const { text } of secret.unlabelled(triedAtMost)) {
    const value = tryToParse(text);
    const session = value?.username === username ? await attempt(value.password) : undefined;
    if (session !== undefined) return session;
  }
  return undefined;
}
