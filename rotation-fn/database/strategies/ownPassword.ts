import { escapeLiteral } from "pg";
import { RotationError } from "../../errors";
import type { SecretValue } from "../../secret/secretValue";
import type { Outcome, Rotation } from "../../steps/rotation";
import { changeStatement, type NewPassword, newPasswordForm } from "../changeStatement";
import { changePassword } from "../concurrentChange";
import { ownStates } from "../databaseError";
import { type Session, tryToSignIn } from "../session";
import { tryEarlierVersions } from "./earlierVersions";

/**
 * The user changes its own password, which requires no privilege in PostgreSQL. It logs in with the current password. Only
 * if the server refuses it, it tries the pending one (the change was made and its answer lost), the previous one (the
 * database never got the current one), and those of versions that have lost their labels.
 *
 * @param current - AWSCURRENT, with the server of the pending version.
 */
export async function changeOwnPassword(
  rotation: Rotation,
  current: SecretValue,
  pending: SecretValue,
): Promise<Outcome> {
  const { signal } = rotation;
  const newPassword = newPasswordForm(pending.password, rotation.passwordForm);
  const first = await tryToSignIn(current, "AWSCURRENT", { newPassword, signal });
  let { session } = first;
  if (session === undefined) {
    const done = await tryToSignIn(pending, "AWSPENDING", { signal });
    if (done.session !== undefined) {
      done.session.close();
      return "already done";
    }
    session = await signInWithEarlier(rotation, current, newPassword, first.refusal);
  }
  try {
    await changePassword(session, ownChange(pending.username), `changing the password of ${pending.username}`);
  } finally {
    session.close();
  }
  return "done";
}

/**
 * The change, which fails for a role with a second login (see docs/strategies.md). Such a secret has lost its tags, or has
 * left alternating-users without its administrator, and the other login would keep its password.
 */
export function ownChange(username: string): string {
  const guard = `DECLARE other record;
BEGIN
SELECT clone.rolname AS clone, app.rolname AS app INTO other
  FROM pg_auth_members m JOIN pg_roles clone ON clone.oid = m.member JOIN pg_roles app ON app.oid = m.roleid
  WHERE clone.rolname = format('%s_clone', app.rolname) AND clone.rolcanlogin AND app.rolcanlogin
    AND ${escapeLiteral(username)} IN (app.rolname, clone.rolname);
IF FOUND THEN
RAISE EXCEPTION USING ERRCODE = '${ownStates.secondLogin}', MESSAGE = format('%I is a second login of %I (ALTER ROLE %I NOLOGIN PASSWORD NULL;)',
  other.clone, other.app, other.clone);
END IF;
END;
`;
  return changeStatement(username, guard);
}

async function signInWithEarlier(
  { secret, signal }: Rotation,
  current: SecretValue,
  newPassword: NewPassword,
  refusal: RotationError | undefined,
): Promise<Session> {
  let tried = "AWSCURRENT and AWSPENDING";
  const found = await tryEarlierVersions(secret, current, async (credentials, label) => {
    if (label === "AWSPREVIOUS") tried = "AWSCURRENT, AWSPENDING and AWSPREVIOUS";
    return (await tryToSignIn(credentials, label, { newPassword, signal })).session;
  });
  if (found !== undefined) return found;
  throw new RotationError(
    "LoginRefused",
    `${current.host}:${current.port} refuses ${current.username} with the passwords of ${tried} (${refusal?.message})`,
  );
}
