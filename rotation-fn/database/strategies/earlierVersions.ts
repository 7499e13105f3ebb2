import type { SecretClient } from "../../secret/secretClient";
import { type Credentials, tryToParse } from "../../secret/secretValue";

/** Each costs a login, which the server may refuse and log. */
const triedAtMost = 5;

/**
 * Tries the password of AWSPREVIOUS, which the database has if it never got the one of AWSCURRENT, and those of versions
 * that have lost their labels, newest first. When a value is stored by hand, Secrets Manager removes AWSPENDING from the
 * pending version. If the database already had that version's password, no labeled version logs in
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html, RotationAbandoned).
 *
 * @param current - The user, server and database of each attempt. Versions of another user are not tried.
 * @param attempt - Logs in. Returns undefined if the server refuses the password.
 * @returns the result of the first attempt that the server did not refuse
 */
export async function tryEarlierVersions<Session>(
  secret: SecretClient,
  current: Credentials,
  attempt: (credentials: Credentials, label: string) => Promise<Session | undefined>,
): Promise<Session | undefined> {
  const attemptWith = async (text: string | undefined, label: string): Promise<Session | undefined> => {
    const value = tryToParse(text);
    return value?.username === current.username ? attempt({ ...current, password: value.password }, label) : undefined;
  };
  const session = await attemptWith((await secret.read("AWSPREVIOUS"))?.text, "AWSPREVIOUS");
  if (session !== undefined) return session;
  for await (const { text } of secret.unlabelled(triedAtMost)) {
    const session = await attemptWith(text, "a version without a label");
    if (session !== undefined) return session;
  }
  return undefined;
}
