import { escapeIdentifier, escapeLiteral } from "pg";
import { RotationError } from "../../errors";
import type { Settings } from "../../secret/settings";
import { cloneOf } from "../../secret/usernames";
import { adoptionComment, type Roles } from "./roles";

/** The change that an administrator will make. */
export interface AdminPlan extends Pick<Settings, "strategy" | "username" | "memberOf"> {
  /** The user of the next version: the user itself, or its clone. */
  readonly next: string;
}

/**
 * Whether a role of the clone's name is the clone. Up to PostgreSQL 14, a role may grant itself to any other role, so there
 * a membership does not make the login of another user a clone.
 */
function isClone({ adopted, member }: NonNullable<Roles["clone"]>, major: number): boolean {
  return adopted || (member && major >= 15);
}

/** Whether the change affects the clone: the clone is the next user, or the function has adopted it before. */
export function concernsClone({ strategy, username, next }: AdminPlan, { clone }: Roles, major: number): boolean {
  if (strategy === "single-user") return clone?.login === true && isClone(clone, major);
  return next !== username || clone?.adopted === true;
}

/**
 * Checks whether the administrator may and can make this change, before anything is changed. The message of the error
 * contains the SQL that repairs it.
 *
 * @param major - The server's major version. Up to 15, a role with CREATEROLE may change any role except superusers. On 14,
 *   a role may grant itself to others.
 * @throws RotationError `RoleRefused`, or `PermissionDenied`.
 */
export function judgeRoles(plan: AdminPlan, roles: Roles, major: number): void {
  const { admin, user } = roles;
  const userSql = escapeIdentifier(plan.username);
  const alternating = plan.strategy === "alternating-users";
  if ([plan.username, cloneOf(plan.username)].includes(admin.name)) {
    throw new RotationError("RoleRefused", `${admin.name} is the administrator, which is never rotated`);
  }
  if (!admin.superuser && !admin.createrole) {
    throw denied(`${admin.name} does not have CREATEROLE`, `ALTER ROLE ${escapeIdentifier(admin.name)} CREATEROLE;`);
  }
  if (user !== null) {
    for (const [attribute, has] of [
      ["SUPERUSER", user.superuser],
      ["REPLICATION", user.replication],
    ] as const) {
      if (has && (alternating || !admin.superuser)) {
        const why = alternating ? "a second login cannot have it" : `the administrator ${admin.name} does not have it`;
        throw refused(`${plan.username} has ${attribute}: ${why}`, `ALTER ROLE ${userSql} NO${attribute};`);
      }
    }
    if (alternating && user.createrole && major < 16) {
      throw refused(
        `${plan.username} has CREATEROLE, which up to PostgreSQL 15 allows it to set the administrator's password`,
        `ALTER ROLE ${userSql} NOCREATEROLE;`,
      );
    }
    if (!user.login) throw refused(`${plan.username} may not log in`, `ALTER ROLE ${userSql} LOGIN;`);
    if (!user.adminOption) throw withoutAdminOption(admin.name, plan.username);
  }
  if (concernsClone(plan, roles, major)) judgeClone(plan, roles, major);
}

function judgeClone(plan: AdminPlan, { admin, clone }: Roles, major: number): void {
  if (clone === null) return;
  const name = cloneOf(plan.username);
  const [userSql, cloneSql] = [plan.username, name].map(escapeIdentifier);
  if (!isClone(clone, major)) {
    throw refused(
      `the role ${name} is not a second login of ${plan.username}: rename it, or make it one`,
      `GRANT ${userSql} TO ${cloneSql};${major < 15 ? ` COMMENT ON ROLE ${cloneSql} IS ${escapeLiteral(adoptionComment)};` : ""}`,
    );
  }
  if (!clone.adminOption) throw withoutAdminOption(admin.name, name);
  if (plan.strategy === "single-user") return;
  if (clone.attributes.length > 0) {
    const attributes = clone.attributes.join(" ");
    throw refused(`${name} has attributes of its own`, `ALTER ROLE ${cloneSql} ${attributes};`);
  }
  // On 14 an adopted clone can grant itself to others at any time. There, each rotation revokes its members.
  if (clone.members.length > 0 && (major >= 15 || !clone.adopted)) {
    throw refused(`${name} has members, which could act as ${plan.username}`, clone.members.join(" "));
  }
  if (clone.adopted) return;
  if (clone.memberships.length > 0) {
    const groups = clone.memberships.map(escapeIdentifier).join(", ");
    throw refused(`${name} is a member of other roles than ${plan.username}`, `REVOKE ${groups} FROM ${cloneSql};`);
  }
  if (clone.possessions) throw refused(`${name} owns objects or has privileges of its own`, moveSql(plan.username));
}

/** SQL that moves the clone's objects and privileges to the user. Run it as the clone in each database. */
export function moveSql(username: string): string {
  const [userSql, cloneSql] = [username, cloneOf(username)].map(escapeIdentifier);
  return `as ${cloneSql}, in each database: SET ROLE NONE; REASSIGN OWNED BY ${cloneSql} TO ${userSql}; DROP OWNED BY ${cloneSql};`;
}

/** Without INHERIT and SET, the administrator cannot act as the role. Up to PostgreSQL 15 this grant is not needed. */
function withoutAdminOption(admin: string, role: string): RotationError {
  const [adminSql, roleSql] = [admin, role].map(escapeIdentifier);
  const grant = `GRANT ${roleSql} TO ${adminSql} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`;
  return denied(`${admin} does not have ADMIN OPTION on ${role}`, grant);
}

function refused(what: string, repair: string): RotationError {
  return new RotationError("RoleRefused", what, { repair });
}

function denied(what: string, repair: string): RotationError {
  return new RotationError("PermissionDenied", what, { repair });
}
