import { escapeIdentifier, escapeLiteral } from "pg";
import { hasCode, RotationError } from "../../errors";
import type { StagingLabel } from "../../secret/secretClient";
import { parseSecretValue, type SecretValue, type Target } from "../../secret/secretValue";
import type { Settings } from "../../secret/settings";
import { cloneOf } from "../../secret/usernames";
import type { Outcome, Rotation } from "../../steps/rotation";
import { changeStatement, type NewPassword, newPasswordForm } from "../changeStatement";
import { changePassword } from "../concurrentChange";
import { type Session, tryToSignIn } from "../session";
import { type AdminPlan, concernsClone, judgeRoles, moveSql } from "./judgeRoles";
import { lookAtRoles, type Roles } from "./roles";
import { copyLogin, differencesQuery } from "./secondLogin";

/**
 * An administrator sets the user's password, and creates the user if it does not exist. This repairs a secret whose stored
 * password is wrong. With alternating users, the next user may be the clone, a second login of the same role.
 */
export async function changeAsAdmin(
  rotation: Rotation,
  settings: Settings & { readonly adminSecretArn: string },
  pending: SecretValue,
): Promise<Outcome> {
  const newPassword = newPasswordForm(pending.password, rotation.passwordForm);
  const session = await signInAsAdmin(rotation, settings.adminSecretArn, pending, newPassword);
  const plan = { ...settings, next: pending.username };
  try {
    const { statement, warningsOf } = await planChange(session, plan);
    const purpose = `changing the password of ${plan.next} as the administrator`;
    const [differences] = await changePassword(session, statement, purpose);
    for (const warning of warningsOf(differences)) rotation.log.warn(warning);
  } catch (error) {
    // A rule against reuse also refuses the password that an earlier attempt has set, if its answer was lost.
    const mayBeSet = hasCode(error, "PasswordRejected") && rotation.passwordForm === "plaintext";
    const { session: asNext } = mayBeSet ? await tryToSignIn(pending, "AWSPENDING", { signal: rotation.signal }) : {};
    if (asNext === undefined) throw error;
    asNext.close();
    return "already done";
  } finally {
    session.close();
  }
  return "done";
}

export interface PlannedChange {
  /** One message, and therefore one transaction: it changes both the roles and the password, or nothing. */
  readonly statement: string;
  /** Warnings from the statement's last row. */
  warningsOf(differences: Readonly<Record<string, unknown>> | undefined): string[];
}

/**
 * Reads the roles and composes the change.
 *
 * @throws RotationError `RoleRefused` if the change must not be made, `PermissionDenied` if it cannot be made.
 */
export async function planChange(session: Session, plan: AdminPlan): Promise<PlannedChange> {
  const { username, strategy, next } = plan;
  const roles = await lookAtRoles(session, username);
  judgeRoles(plan, roles, session.major);
  const create = createIfMissing(plan);
  if (!concernsClone(plan, roles, session.major)) {
    return { statement: changeStatement(next, create), warningsOf: () => [] };
  }
  if (strategy === "single-user") {
    const leave = `ALTER ROLE ${escapeIdentifier(cloneOf(username))} NOLOGIN PASSWORD NULL;\n`;
    return { statement: changeStatement(next, create + leave), warningsOf: () => [] };
  }
  return {
    statement: `${changeStatement(next, create + copyLogin(username, session.major))};\n${differencesQuery(username)}`,
    warningsOf: (differences) => warningsOf(username, roles, differences),
  };
}

function warningsOf(
  username: string,
  { clone: found }: Roles,
  { settings = [], memberships = [] }: { settings?: string[]; memberships?: string[] } = {},
): string[] {
  const clone = cloneOf(username);
  const cloneSql = escapeIdentifier(clone);
  const warnings = [
    settings.length > 0 &&
      `${clone} and ${username} differ in the settings ${settings.join(", ")} (as a superuser: ALTER ROLE ${cloneSql} SET …)`,
    memberships.length > 0 &&
      `${clone} is a member of other roles than ${username} (REVOKE ${memberships.map(escapeIdentifier).join(", ")} FROM ${cloneSql};)`,
    found?.possessions && `${clone} owns objects or has privileges of its own (${moveSql(username)})`,
  ];
  return warnings.filter((warning) => typeof warning === "string");
}

/** PL/pgSQL that creates the user if it does not exist, with no privileges except its memberships. */
function createIfMissing({ username, memberOf }: AdminPlan): string {
  const name = escapeIdentifier(username);
  const statements = [
    `CREATE ROLE ${name} LOGIN`,
    ...memberOf.map((role) => `GRANT ${escapeIdentifier(role)} TO ${name}`),
  ];
  return `IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${escapeLiteral(username)}) THEN
${statements.map((statement) => `${statement};\n`).join("")}END IF;
`;
}

/**
 * RDS or this function may rotate the admin secret at the same time. Between the second and the fourth step of that
 * rotation, its pending password is the valid one, and AWSCURRENT may move while this function reads it.
 */
async function signInAsAdmin(
  { secret, adminDatabase, signal }: Rotation,
  adminSecretArn: string,
  target: Target,
  newPassword: NewPassword,
): Promise<Session> {
  const store = secret.of(adminSecretArn);
  let found = false;
  for (const stage of ["AWSCURRENT", "AWSPENDING", "AWSCURRENT"] satisfies StagingLabel[]) {
    const version = await store.read(stage);
    if (version === undefined) continue;
    found = true;
    const admin = adminCredentials(version.text, `admin ${stage}`, target, adminDatabase);
    const { session } = await tryToSignIn(admin, `the admin secret's ${stage}`, { newPassword, signal });
    if (session !== undefined) return session;
  }
  if (!found)
    throw new RotationError("SecretNotFound", `the admin secret ${adminSecretArn} does not exist, or has no value`);
  throw new RotationError(
    "AdminLoginRefused",
    `${target.host}:${target.port} refuses the admin secret ${adminSecretArn} with AWSCURRENT and AWSPENDING`,
  );
}

/**
 * Credentials of an administrator on the target's server. The administrator connects to a database of its own, because the
 * rotated user may own the database in its secret. Admin secrets of RDS contain only a user and a password. Only
 * `"ssl": false` in the admin secret itself allows an unencrypted connection.
 *
 * @throws RotationError `InvalidSecret`, `TargetMismatch` if the secret is for another server, or `RoleRefused` if the
 *   administrator is the user.
 */
export function adminCredentials(
  text: string | undefined,
  label: string,
  { host, port, username }: Target,
  adminDatabase: string,
): SecretValue {
  const admin = parseSecretValue(text, label, { host, port, dbname: adminDatabase, ssl: true });
  if (admin.host.toLowerCase() !== host.toLowerCase() || admin.port !== port) {
    throw new RotationError(
      "TargetMismatch",
      `the secret's ${label} version is for ${admin.host}:${admin.port}, the rotated one for ${host}:${port}`,
    );
  }
  if (admin.username === username) {
    throw new RotationError("RoleRefused", `${username} is the administrator, which is never rotated`);
  }
  return { ...admin, host, dbname: adminDatabase };
}
