import { escapeLiteral } from "pg";
import { cloneOf } from "../../secret/usernames";
import type { Session } from "../session";

/** The roles of a rotation, as an administrator can read them. */
export interface Roles {
  readonly admin: { readonly name: string; readonly superuser: boolean; readonly createrole: boolean };
  /** Null if the role does not exist yet. */
  readonly user: Role | null;
  readonly clone: (Role & CloneFacts) | null;
}

interface Role {
  readonly login: boolean;
  readonly superuser: boolean;
  readonly replication: boolean;
  readonly createrole: boolean;
  /** Whether the administrator may change it. Up to PostgreSQL 15, CREATEROLE alone decides. */
  readonly adminOption: boolean;
}

interface CloneFacts {
  /** Whether it is a member of the user. */
  readonly member: boolean;
  /** Whether the function has adopted it as a clone before. */
  readonly adopted: boolean;
  /** Attributes that a second login must not have, in the form that removes them: `NOCREATEDB`. */
  readonly attributes: readonly string[];
  /** Roles other than the user that it is a member of. */
  readonly memberships: readonly string[];
  /**
   * SQL that revokes the clone from its members. It omits the administrator, and roles that can act as the user anyway:
   * superusers, and roles with ADMIN OPTION on the user (up to PostgreSQL 15, with CREATEROLE).
   */
  readonly members: readonly string[];
  /** Whether it owns objects or has privileges in any database. */
  readonly possessions: boolean;
}

/**
 * Comment on a clone that the function has adopted. The clone cannot change it, and so cannot pretend later that it was
 * never adopted.
 */
export const adoptionComment = "second login, made by secrets-rotation";

/**
 * Reads the user, the clone and the administrator. One query on the shared catalogs that every role may read (never
 * `pg_authid`, which RDS does not show). It compares the clone's name as text: as a name, PostgreSQL would truncate it to 63
 * bytes, to the name of another role.
 */
export async function lookAtRoles(session: Session, username: string): Promise<Roles> {
  const query = rolesQuery(username, session.major);
  const [row] = await session.run(query, `reading the roles of ${username}`, "SELECT");
  return row?.roles as Roles;
}

function rolesQuery(username: string, major: number): string {
  const adminOption = major >= 16 ? "pg_has_role(session_user, r.oid, 'MEMBER WITH ADMIN OPTION')" : "me.rolcreaterole";
  const role = `'login', r.rolcanlogin, 'superuser', r.rolsuper, 'replication', r.rolreplication,
    'createrole', r.rolcreaterole, 'adminOption', me.rolsuper OR ${adminOption}`;
  const [by, grantor] = major >= 16 ? [" GRANTED BY %I", ", pg_get_userbyid(m.grantor)"] : ["", ""];
  const mayBecomeUser =
    major >= 16
      ? "EXISTS (SELECT FROM app WHERE pg_has_role(o.oid, app.oid, 'MEMBER WITH ADMIN OPTION'))"
      : "o.rolcreaterole";
  const attributes = ["superuser", "createrole", "createdb", "replication", "bypassrls"].map(
    (name) =>
      `CASE WHEN r.rol${{ superuser: "super" }[name] ?? name} THEN ${escapeLiteral(`NO${name.toUpperCase()}`)} END`,
  );
  return `
WITH me AS (SELECT * FROM pg_roles WHERE rolname = session_user),
app AS (SELECT * FROM pg_roles WHERE rolname = ${escapeLiteral(username)})
SELECT json_build_object(
  'admin', (SELECT json_build_object('name', rolname, 'superuser', rolsuper, 'createrole', rolcreaterole) FROM me),
  'user', (SELECT json_build_object(${role}) FROM app r, me),
  'clone', (SELECT json_build_object(${role},
    'member', EXISTS (SELECT FROM pg_auth_members m JOIN app ON m.roleid = app.oid WHERE m.member = r.oid),
    'adopted', coalesce(shobj_description(r.oid, 'pg_authid') = ${escapeLiteral(adoptionComment)}, false),
    'attributes', array_remove(ARRAY[${attributes.join(", ")}], NULL),
    'memberships', ARRAY(SELECT DISTINCT o.rolname::text FROM pg_auth_members m JOIN pg_roles o ON o.oid = m.roleid
      WHERE m.member = r.oid AND o.rolname <> ${escapeLiteral(username)}),
    'members', ARRAY(SELECT format('REVOKE %I FROM %I${by};', r.rolname, o.rolname${grantor})
      FROM pg_auth_members m JOIN pg_roles o ON o.oid = m.member
      WHERE m.roleid = r.oid AND o.oid <> me.oid AND NOT o.rolsuper AND NOT ${mayBecomeUser}),
    'possessions', EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass
      AND d.refobjid = r.oid AND d.classid <> 'pg_auth_members'::regclass))
    FROM pg_roles r, me WHERE r.rolname::text = ${escapeLiteral(cloneOf(username))})
) AS roles`;
}
