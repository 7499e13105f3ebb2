import type { SecretClient } from "../../secret/secretClient";
import { parseSecretValue } from "../../secret/secretValue";

/** Each costs a sign-in that the server may refuse, and writes to its log. */
const triedAtMost = 5;

/**
 * Tries the passwords of versions that have lost their labels, newest first. Secrets Manager takes AWSPENDING off the
 * pending version when a value is stored by hand: where the database had that version's password by then, no labelled
 * version logs in (https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html,
 * RotationAbandoned).
 *
 * @param attempt - Signs in with a password, at the place that AWSCURRENT names.
 * @returns what the first attempt that was not refused has given
 */
export async function tryLostVersions<Session>(
  secret: SecretClient,
  username: string,
  attempt: (password: string) => Promise<Session | undefined>,
): Promise<Session | undefined> {
  for await (const { text } of secret.unlabelled(triedAtMost)) {
    const password = passwordOf(text, username);
    const session = password === undefined ? undefined : await attempt(password);
    if (session !== undefined) return session;
  }
  return undefined;
}

/** Undefined where an old version is another user's, or no login's JSON. */
function passwordOf(text: string | undefined, username: string): string | undefined {
  try {
    const value = parseSecretValue(text, "a version without a label");
    return value.username === username ? value.password : undefined;
  } catch {
    return undefined;
  }
}
