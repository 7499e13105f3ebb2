import { withOneReconnect } from "../database/reconnect";
import { changeAsAdmin } from "../database/strategies/asAdmin";
import { changeOwnPassword } from "../database/strategies/ownPassword";
import { pendingValue } from "../secret/pending";
import { parseSecretValue } from "../secret/secretValue";
import { settingsOf } from "../secret/settings";
import { nextUsername } from "../secret/usernames";
import { isCurrentAlready, type Outcome, type Rotation } from "./rotation";

/** Step 2: gives the database the pending password. One round trip to Secrets Manager, one connection, one statement. */
export async function setSecret(rotation: Rotation): Promise<Outcome> {
  const { event, secret, log } = rotation;
  const readPending = secret.startReadingPending(event.token);
  const { description, current: version } = await secret.describeWithCurrent(event.token);
  if (isCurrentAlready(description, event)) return "already current";

  const current = parseSecretValue(version.text, "AWSCURRENT");
  const settings = settingsOf(description, current);
  const username = nextUsername(settings.strategy, current.username);
  const pending = pendingValue(await readPending(), current, username, event);
  if (!current.ssl) log.warn('the connection is not encrypted: the secret says "ssl": false');

  const { adminSecretArn } = settings;
  const change = (): Promise<Outcome> =>
    adminSecretArn === undefined
      ? changeOwnPassword(rotation, current, pending)
      : changeAsAdmin(rotation, { ...settings, adminSecretArn }, current, pending);
  return withOneReconnect(change);
}
