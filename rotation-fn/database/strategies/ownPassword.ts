import { RotationError } from "../../errors";
import { parseSecretValue, type SecretValue } from "../../secret/secretValue";
import type { Outcome, Rotation } from "../../steps/rotation";
import { type Session, tryToSignIn } from "../database";
import { changeStatement, handOver } from "../passwordChange";
import { explained } from "../permissionDenied";
import { tryLostVersions } from "./lostVersions";

/**
 * The user changes its own password, for which PostgreSQL asks no privilege. It signs in with the current password, and
 * only where the server refuses that, with the pending one (the change is done: its answer was lost), the previous
 * one (the secret's labels ran ahead of the database) or one that lost its labels.
 */
export async function changeOwnPassword(
  rotation: Rotation,
  current: SecretValue,
  pending: SecretValue,
): Promise<Outcome> {
  const options = await handOver(pending.password, rotation.passwordForm);
  const first = await tryToSignIn(current, "AWSCURRENT", options);
  let { session } = first;
  if (session === undefined) {
    const done = await tryToSignIn(pending, "AWSPENDING");
    if (done.session !== undefined) {
      done.session.close();
      return "already done";
    }
    session = await signInWithPrevious(rotation, current, options, first.refusal);
  }
  try {
    await session.run(changeStatement(pending.username), `changing the password of ${pending.username}`, "DO");
  } catch (error) {
    throw await explained(error, session, { username: pending.username, strategy: "single-user", admin: undefined });
  } finally {
    session.close();
  }
  return "done";
}

async function signInWithPrevious(
  { secret }: Rotation,
  current: SecretValue,
  options: string,
  refusal: RotationError | undefined,
): Promise<Session> {
  const version = await secret.read("AWSPREVIOUS");
  const previous = version && parseSecretValue(version.text, "AWSPREVIOUS");
  if (previous?.username === current.username) {
    const { session } = await tryToSignIn({ ...current, password: previous.password }, "AWSPREVIOUS", options);
    if (session !== undefined) return session;
  }
  const found = await tryLostVersions(secret, current.username, async (password) => {
    const { session } = await tryToSignIn({ ...current, password }, "a version without a label", options);
    return session;
  });
  if (found !== undefined) return found;
  const tried = version ? "AWSCURRENT, AWSPENDING and AWSPREVIOUS" : "AWSCURRENT and AWSPENDING";
  throw new RotationError(
    "LoginRefused",
    `${current.host}:${current.port} refuses ${current.username} with the passwords of ${tried} (${refusal?.message})`,
  );
}
