import { RotationError } from "../../errors";
import type { Stage } from "../../secret/secretStore";
import { type Credentials, parseSecretValue, type SecretValue } from "../../secret/secretValue";
import type { Settings } from "../../secret/settings";
import type { Outcome, Rotation } from "../../steps/rotation";
import { type Session, tryToSignIn } from "../database";
import { changeStatement, handOver } from "../passwordChange";
import { explained } from "../permissionDenied";
import { createIfMissing, twinStatements } from "./roles";

/**
 * An administrator sets the user's password, and makes the user if there is none. That heals a secret whose stored
 * password is wrong. Where users alternate, the user that is about to be used is first made like the one in use.
 */
export async function changeAsAdmin(
  rotation: Rotation,
  settings: Settings & { readonly adminSecretArn: string },
  current: SecretValue,
  pending: SecretValue,
): Promise<Outcome> {
  const options = await handOver(pending.password, rotation.passwordForm);
  const session = await signInAsAdmin(rotation, settings.adminSecretArn, current, options);
  const doing = `changing the password of ${pending.username} as the admin`;
  try {
    const alike =
      current.username === pending.username
        ? []
        : await twinStatements(session, { inUse: current.username, next: pending.username });
    const before = createIfMissing(pending.username, settings);
    // One message, and so one transaction: the user has its privileges and its password, or is as it was.
    await session.run([changeStatement(pending.username, before), ...alike].join(";\n"), doing, "DO");
  } catch (error) {
    const { username } = current;
    throw await explained(error, session, { username, strategy: settings.strategy, admin: session.username });
  } finally {
    session.close();
  }
  return "done";
}

/**
 * The admin's secret may be in the middle of a rotation of its own, by RDS or by this function: its pending password
 * is in force between that rotation's second and fourth step, and its current one may move while this reads it.
 */
async function signInAsAdmin(
  { secret }: Rotation,
  adminSecretArn: string,
  target: Credentials,
  options: string,
): Promise<Session> {
  const store = secret.of(adminSecretArn);
  let found = false;
  for (const stage of ["AWSCURRENT", "AWSPENDING", "AWSCURRENT"] satisfies Stage[]) {
    const version = await store.read(stage);
    if (version === undefined) continue;
    found = true;
    // RDS's own admin secrets hold only a user and a password; the rotated secret says where to go in any case.
    const { username, password } = parseSecretValue(version.text, `admin ${stage}`, target);
    const { session } = await tryToSignIn({ ...target, username, password }, `the admin secret's ${stage}`, options);
    if (session !== undefined) return session;
  }
  if (!found)
    throw new RotationError("SecretNotFound", `the admin secret ${adminSecretArn} does not exist, or has no value`);
  throw new RotationError(
    "AdminLoginRefused",
    `${target.host}:${target.port} refuses the admin secret ${adminSecretArn} with AWSCURRENT and AWSPENDING`,
  );
}
