import { escapeIdentifier, escapeLiteral } from "pg";
import { logsIn, type Session } from "../database";
import { RotationError } from "../errors";
import { pendingValue } from "../pending";
import { isCurrentAlready, type Outcome, type Rotation } from "../rotation";
import { scramVerifier } from "../scramVerifier";
import { ahead } from "../secretStore";
import { parseSecretValue, type SecretValue } from "../secretValue";

/** Step 2: gives the database the pending password. One round trip to Secrets Manager, one connection, one statement. */
export async function setSecret(rotation: Rotation): Promise<Outcome> {
  const { event, secret } = rotation;
  const readPending = secret.startReadingPending(event.token);
  const { description, current } = await secret.describeWithCurrent();
  if (isCurrentAlready(description, event)) return "already current";

  const value = parseSecretValue(current.text, "AWSCURRENT");
  const pending = pendingValue(await readPending(), value, event);
  if (!value.ssl) rotation.log.warn('the connection is not encrypted: the secret says "ssl": false');
  try {
    return await changePassword(rotation, value, pending);
  } catch (error) {
    // A connection that broke may have carried the change through. Doing it all again finds out which password is in
    // force; anything but a lost connection would fail the same way again.
    if (!(error instanceof RotationError && error.code === "DatabaseConnectionLost")) throw error;
    return await changePassword(rotation, value, pending);
  }
}

/**
 * Signs in with the current password, and only where the server refuses that, with the pending one (the change is done:
 * its answer was lost) or the previous one (the secret's labels ran ahead of the database).
 */
async function changePassword(rotation: Rotation, current: SecretValue, pending: SecretValue): Promise<Outcome> {
  const statement = ahead(alterRole(rotation, pending));
  let session = await logsIn(current, "AWSCURRENT");
  if (session === undefined) {
    const done = await logsIn(pending, "AWSPENDING");
    if (done !== undefined) {
      done.close();
      return "already done";
    }
    session = await signInWithPrevious(rotation, current);
  }
  try {
    await session.run(await statement, `changing the password of ${pending.username}`, "ALTER");
  } finally {
    session.close();
  }
  return "done";
}

async function signInWithPrevious({ secret }: Rotation, current: SecretValue): Promise<Session> {
  const version = await secret.read("AWSPREVIOUS");
  const previous = version && parseSecretValue(version.text, "AWSPREVIOUS");
  const session =
    previous?.username === current.username &&
    (await logsIn({ ...current, password: previous.password }, "AWSPREVIOUS"));
  if (session) return session;
  throw new RotationError(
    "LoginRefused",
    `${current.host}:${current.port} refuses ${current.username} with the passwords of AWSCURRENT, AWSPENDING${version ? " and AWSPREVIOUS" : ""}`,
  );
}

/** `ALTER ROLE` takes no bind parameters: identifier and literal are quoted by pg's own functions. */
async function alterRole({ passwordForm }: Rotation, { username, password }: SecretValue): Promise<string> {
  const secret = passwordForm === "plaintext" ? password : await scramVerifier(password);
  return `ALTER ROLE ${escapeIdentifier(username)} PASSWORD ${escapeLiteral(secret)}`;
}
