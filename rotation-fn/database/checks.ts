import { escapeLiteral } from "pg";
import type { Strategy } from "../secret/settings";
import { nextUsername } from "../secret/usernames";
import type { Session } from "./database";
import { twinQuery } from "./strategies/twinQuery";

/** Something that a rotation needs, and whether the database has it. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** What was seen. */
  readonly what: string;
  /** What to do about it, where it is not ok. */
  readonly remedy?: string;
}

/** What is to be rotated, and by whom. */
export interface Plan {
  readonly username: string;
  readonly strategy: Strategy;
  /** The admin's name; undefined where the user changes its own password. */
  readonly admin: string | undefined;
}

interface Facts {
  readonly version: number;
  readonly versionText: string;
  readonly recovering: boolean;
  readonly tls: string | null;
  readonly restricted: boolean;
  readonly passwordRole: boolean;
  readonly hashing: string;
  readonly exists: boolean;
  readonly login: boolean | null;
  readonly superuser: boolean | null;
  readonly expired: boolean | null;
  readonly meSuperuser: boolean;
  readonly meCreaterole: boolean;
  readonly adminOption: boolean | null;
  readonly unknownRoles: readonly string[];
  readonly foreignOwners: readonly string[];
}

/**
 * Looks whether a rotation will work, on the session of the one that will make the change: the user itself, or the
 * admin. Reads only. Everything that a rotation needs is a finding, those that are fine too.
 *
 * @throws RotationError where the server does not answer.
 */
export async function preflight(session: Session, plan: Plan): Promise<Finding[]> {
  const [row] = await session.run(factsQuery(escapeLiteral(plan.username)), "looking at the database", "SELECT");
  const facts = row as unknown as Facts;
  const findings = [...serverFindings(facts), ...rightFindings(facts, plan)];
  if (plan.strategy === "alternating-users") findings.push(...(await twinFindings(session, facts, plan)));
  return findings;
}

function serverFindings(facts: Facts): Finding[] {
  return [
    finding("server version", facts.version >= 140000, `PostgreSQL ${facts.versionText}`, "Upgrade to 14 or newer."),
    finding(
      "writable server",
      !facts.recovering,
      facts.recovering ? "a replica, which takes no changes" : "the primary",
      "Point host at the writer.",
    ),
    // Without TLS nobody gets here but whose secret says so: that works, with a warning at each rotation.
    finding("TLS", true, facts.tls ?? 'not encrypted, as the secret says: "ssl": false'),
    finding(
      "password hashing",
      true,
      facts.hashing === "md5"
        ? "md5 for others; rotated passwords are SCRAM: clients must support it, and so must pg_hba.conf (md5 lets it pass)"
        : facts.hashing,
    ),
  ];
}

function rightFindings(facts: Facts, { username, admin }: Plan): Finding[] {
  const findings = [
    finding(
      "the user",
      (facts.exists && facts.login === true) || (!facts.exists && admin !== undefined),
      facts.exists
        ? `${username} ${facts.login ? "may log in" : "may not log in"}`
        : `${username} is made at the first rotation`,
      `ALTER ROLE "${username}" LOGIN;`,
    ),
    finding(
      "validity",
      facts.expired !== true,
      facts.expired ? `the validity of ${username}'s password is over` : "not limited by now",
      `ALTER ROLE "${username}" VALID UNTIL 'infinity';`,
    ),
  ];
  if (admin === undefined) {
    findings.push(
      finding(
        "right to change the password",
        !facts.restricted || facts.passwordRole,
        facts.restricted ? "rds.restrict_password_commands is on" : "every user may change its own",
        `GRANT rds_password TO "${username}";`,
      ),
    );
    return findings;
  }
  const needsOption = facts.version >= 160000 && facts.exists && facts.adminOption !== true;
  const may = facts.meSuperuser || (facts.meCreaterole && !needsOption && facts.superuser !== true);
  findings.push(
    finding(
      "right to change the password",
      may,
      may ? `${admin} may change ${username}` : whyNot(facts, admin, username, needsOption),
      facts.meCreaterole ? `GRANT "${username}" TO "${admin}" WITH ADMIN OPTION;` : `ALTER ROLE "${admin}" CREATEROLE;`,
    ),
  );
  return findings;
}

function whyNot(facts: Facts, admin: string, username: string, needsOption: boolean): string {
  if (!facts.meCreaterole) return `${admin} has no CREATEROLE`;
  if (needsOption) return `${admin} has no ADMIN OPTION on ${username}, which PostgreSQL 16 and newer want`;
  return `${username} is a superuser, and ${admin} is not`;
}

async function twinFindings(session: Session, facts: Facts, { username, admin = "" }: Plan): Promise<Finding[]> {
  const twin = nextUsername("alternating-users", username);
  const rows = await session.run(twinQuery(escapeLiteral(username), escapeLiteral(twin)), "comparing users", "SELECT");
  const ownerMissing = rows.some(({ owner_missing }) => owner_missing === true);
  const free = facts.meSuperuser;
  return [
    finding(
      "one owner",
      !ownerMissing,
      ownerMissing ? `what ${username} makes belongs to ${username}` : `${username} and ${twin} share what they make`,
      `Make a NOLOGIN role, grant it to "${username}", and ALTER ROLE "${username}" SET role TO it (docs/strategies.md).`,
    ),
    finding(
      "memberships can be copied",
      free || facts.unknownRoles.length === 0,
      facts.unknownRoles.length === 0 ? "all of them" : `${admin} may not grant ${facts.unknownRoles.join(", ")}`,
      `GRANT ${facts.unknownRoles.map((role) => `"${role}"`).join(", ")} TO "${admin}" WITH ADMIN OPTION;`,
    ),
    finding(
      "privileges can be copied",
      free || facts.foreignOwners.length === 0,
      facts.foreignOwners.length === 0
        ? "all of them"
        : `${username} was given privileges by ${facts.foreignOwners.join(", ")}, for whom ${admin} may not speak`,
      `GRANT ${facts.foreignOwners.map((role) => `"${role}"`).join(", ")} TO "${admin}";`,
    ),
  ];
}

function finding(check: string, ok: boolean, what: string, remedy = ""): Finding {
  return ok ? { check, ok, what } : { check, ok, what, remedy };
}

/** One row of all that is asked, out of catalogs that every role may read. */
function factsQuery(username: string): string {
  return `
WITH u AS (SELECT * FROM pg_roles WHERE rolname = ${username}),
me AS (SELECT * FROM pg_roles WHERE rolname = session_user)
SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS "versionText",
  pg_is_in_recovery() AS recovering,
  (SELECT s.version FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid() AND s.ssl) AS tls,
  coalesce(current_setting('rds.restrict_password_commands', true), 'off') IN ('on', '1') AS restricted,
  EXISTS (SELECT FROM pg_roles r, u WHERE r.rolname = 'rds_password' AND pg_has_role(u.oid, r.oid, 'MEMBER')) AS "passwordRole",
  current_setting('password_encryption') AS hashing,
  EXISTS (SELECT FROM u) AS exists,
  (SELECT rolcanlogin FROM u) AS login, (SELECT rolsuper FROM u) AS superuser,
  (SELECT rolvaliduntil < now() FROM u) AS expired,
  (SELECT rolsuper FROM me) AS "meSuperuser", (SELECT rolcreaterole FROM me) AS "meCreaterole",
  (SELECT pg_has_role(session_user, u.oid, 'MEMBER WITH ADMIN OPTION') FROM u) AS "adminOption",
  (SELECT coalesce(array_agg(DISTINCT r.rolname::text), '{}') FROM pg_auth_members m JOIN u ON m.member = u.oid
    JOIN pg_roles r ON r.oid = m.roleid
    WHERE NOT pg_has_role(session_user, r.oid, 'MEMBER WITH ADMIN OPTION')
      AND NOT (current_setting('server_version_num')::int < 160000 AND (SELECT rolcreaterole FROM me))) AS "unknownRoles",
  (SELECT coalesce(array_agg(DISTINCT pg_get_userbyid(o.owner)::text), '{}') FROM (
      SELECT relacl AS acl, relowner AS owner FROM pg_class UNION ALL SELECT nspacl, nspowner FROM pg_namespace
      UNION ALL SELECT proacl, proowner FROM pg_proc UNION ALL SELECT typacl, typowner FROM pg_type
      UNION ALL SELECT datacl, datdba FROM pg_database
    ) o, u, aclexplode(o.acl) a
    WHERE a.grantee = u.oid AND a.grantee <> o.owner AND NOT pg_has_role(session_user, o.owner, 'USAGE')) AS "foreignOwners"`;
}
