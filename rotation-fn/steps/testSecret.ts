import { escapeLiteral } from "pg";
import { withReconnect } from "../database/reconnect";
import type { Proof } from "../database/serverGuard";
import { signIn } from "../database/session";
import { roleTaken } from "../database/strategies/secondLogin";
import { hasCode, RotationError } from "../errors";
import { parseSecretValue, type SecretValue } from "../secret/secretValue";
import { settingsOf } from "../secret/settings";
import { type Outcome, type Rotation, requirePending } from "./rotation";

/**
 * Step 3: logs in with the pending password. One round trip to Secrets Manager, one connection, one statement.
 *
 * If a rotation is configured with `RotateImmediately: false`, Secrets Manager calls only this step, to test the function,
 * for a version with the current value. If that version has no value, this step tests the current credentials
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html).
 */
export async function testSecret(rotation: Rotation): Promise<Outcome> {
  const { event, secret, passwordForm, log } = rotation;
  const reading = secret.startReadingPending(event.token);
  const description = await secret.describe(event.token);
  if (requirePending(description, event) === "current") return "already current";

  const pending = await reading;
  if (pending === undefined) {
    log.info("no pending value: testing the current credentials");
    const { current } = await secret.describeWithCurrent();
    await testCredentials(rotation, parseSecretValue(current.text, "AWSCURRENT"), "AWSCURRENT", "scram or md5");
    return "done";
  }
  // A version's value never changes: setSecret has compared it with the current one.
  const value = parseSecretValue(pending.text, "AWSPENDING");
  const { strategy, username } = settingsOf(description, value);
  const actsAs = strategy === "alternating-users" ? username : undefined;
  try {
    // After a verifier was set, the server must use SCRAM. A server that asks for less did not store it.
    await testCredentials(
      rotation,
      value,
      "AWSPENDING",
      passwordForm === "verifier" ? "scram" : "scram or md5",
      actsAs,
    );
  } catch (error) {
    // A configuration test has the current value: nothing was set, and AWS's clone is not a second login yet.
    const nothingSet = async () => (await secret.read("AWSCURRENT"))?.text === pending.text;
    if (!hasCode(error, "ServerNotAuthenticated", "ActsAsAnother") || !(await nothingSet())) throw error;
    await testCredentials(rotation, value, "AWSPENDING", "scram or md5");
  }
  return "done";
}

/** @param actsAs - The user that a session of these credentials must act as. */
function testCredentials(
  { remainingMs, signal }: Rotation,
  value: SecretValue,
  label: string,
  proof: Proof,
  actsAs?: string,
): Promise<void> {
  return withReconnect(remainingMs, async () => {
    const session = await signIn(value, label, { signal, proof, takesRole: actsAs !== undefined });
    try {
      const query = actsAs === undefined ? "SELECT 1" : actingQuery(actsAs, session.major);
      const [row] = await session.run(query, `testing the credentials of ${label}`, "SELECT");
      if (row?.acts !== row?.expected) {
        throw new RotationError(
          "ActsAsAnother",
          `a session of ${value.username} acts as ${row?.acts}, not as ${row?.expected}`,
        );
      }
    } finally {
      session.close();
    }
  });
}

/** If the user was renamed, a session of its clone acts as the clone itself, and not as the name in the tags. */
function actingQuery(username: string, major: number): string {
  const here = "(SELECT oid FROM pg_database WHERE datname = current_database())";
  const user = escapeLiteral(username);
  return `SELECT current_user::text AS acts, coalesce((SELECT ${roleTaken("app.oid", here, major)}
FROM pg_roles app WHERE app.rolname = ${user}), ${user})::text AS expected`;
}
