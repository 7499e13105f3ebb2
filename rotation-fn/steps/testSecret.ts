import { signIn } from "../database/database";
import { withOneReconnect } from "../database/reconnect";
import { parseSecretValue, type SecretValue } from "../secret/secretValue";
import { isCurrentAlready, type Outcome, type Rotation } from "./rotation";

/**
 * Step 3: signs in with the pending password. One round trip to Secrets Manager, one connection, one statement.
 *
 * Where a rotation was configured with `RotateImmediately: false`, Secrets Manager calls this step alone to see whether
 * the function works, for a version that holds the current value. Where that version has none, the current credentials
 * are tested (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html).
 */
export async function testSecret({ event, secret, log }: Rotation): Promise<Outcome> {
  const readPending = secret.startReadingPending(event.token);
  if (isCurrentAlready(await secret.describe(event.token), event)) return "already current";

  const pending = await readPending();
  if (pending !== undefined) {
    // A version's value never changes: that it fits the current one was checked before it was set.
    await tryOut(parseSecretValue(pending.text, "AWSPENDING"), "AWSPENDING");
    return "done";
  }
  log.info("no pending value: testing the current credentials");
  const current = await secret.read("AWSCURRENT");
  await tryOut(parseSecretValue(current?.text, "AWSCURRENT"), "AWSCURRENT");
  return "done";
}

function tryOut(value: SecretValue, label: string): Promise<void> {
  return withOneReconnect(async () => {
    const session = await signIn(value, label);
    try {
      await session.run("SELECT 1", `testing the credentials of ${label}`, "SELECT");
    } finally {
      session.close();
    }
  });
}
