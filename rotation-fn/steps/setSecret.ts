import { withReconnect } from "../database/reconnect";
import { changeAsAdmin } from "../database/strategies/asAdmin";
import { changeOwnPassword } from "../database/strategies/ownPassword";
import { hasCode } from "../errors";
import { nextTarget, pendingValue } from "../secret/pending";
import { parseSecretValue } from "../secret/secretValue";
import { settingsOf } from "../secret/settings";
import { type Outcome, type Rotation, requirePending } from "./rotation";

/** Step 2: sets the pending password in the database. One round trip to Secrets Manager, one connection, one statement. */
export async function setSecret(rotation: Rotation): Promise<Outcome> {
  const { event, secret, log } = rotation;
  const reading = secret.startReadingPending(event.token);
  const { description, current: version } = await secret.describeWithCurrent(event.token);
  if (requirePending(description, event) === "current") return "already current";

  const current = parseSecretValue(version.text, "AWSCURRENT");
  const settings = settingsOf(description, current);
  const target = await nextTarget(secret, settings, current);
  const pending = pendingValue(await reading, current, target, event);
  if (!current.ssl) log.warn('the connection is not encrypted, because the secret has "ssl": false');

  const { adminSecretArn } = settings;
  const change = (): Promise<Outcome> =>
    adminSecretArn === undefined
      ? changeOwnPassword(rotation, { ...current, ...target }, pending)
      : changeAsAdmin(rotation, { ...settings, adminSecretArn }, pending);
  try {
    return await withReconnect(rotation.remainingMs, change);
  } catch (error) {
    // Nothing was changed. The version would be refused again, and as long as it is pending no other is made.
    if (hasCode(error, "PasswordRejected")) {
      await secret.giveUpPending(event.token).catch(({ message }) => log.warn(message));
    }
    throw error;
  }
}
