import { escapeIdentifier, escapeLiteral } from "pg";
import { changePassword } from "../../rotation-fn/database/concurrentChange";
import type { Session } from "../../rotation-fn/database/session";
import { planChange } from "../../rotation-fn/database/strategies/asAdmin";
import type { AdminPlan } from "../../rotation-fn/database/strategies/judgeRoles";
import { ownChange } from "../../rotation-fn/database/strategies/ownPassword";
import { asRotationError } from "../../rotation-fn/errors";
import { printable } from "../../rotation-fn/printable";
import { cloneOf } from "../../rotation-fn/secret/usernames";

/** A requirement of a rotation, and whether it is met. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** The result of the check. */
  readonly what: string;
  /** What to do if it is not ok. */
  readonly remedy?: string;
  /** For a failure: the error's code. */
  readonly code?: string;
  /** What could still refuse the login, and was not tried. */
  readonly notTried?: readonly string[];
}

interface Facts {
  readonly version: number;
  readonly versionText: string;
  readonly recovering: boolean;
  readonly tls: string | null;
  readonly restricted: boolean;
  readonly passwordRole: boolean;
  readonly iamOnly: boolean;
  readonly expired: boolean | null;
  readonly tracked: boolean;
}

/**
 * Checks whether a rotation will work. It makes the same change as `setSecret`, in a transaction that is rolled back.
 * The result has a finding for each requirement, also for those that are met.
 *
 * @param session - With a new password, as the role that changes it: the user or the administrator.
 * @param admin - The administrator's name; undefined if the user changes its own password.
 * @throws RotationError if the server does not answer.
 */
export async function checkDatabase(session: Session, plan: AdminPlan, admin: string | undefined): Promise<Finding[]> {
  const [row] = await session.run(factsQuery(escapeLiteral(plan.username)), "checking the database", "SELECT");
  return [
    ...serverFindings(row as unknown as Facts, session.verifierType, plan.username, admin === undefined),
    ...(await tryChange(session, plan, admin)),
    ...(await tryLaterChange(session, plan, admin)),
  ];
}

/**
 * With alternating users, the rotation after the next one changes the other login. Returns a finding only if that will
 * fail.
 */
async function tryLaterChange(session: Session, plan: AdminPlan, admin: string | undefined): Promise<Finding[]> {
  if (plan.strategy !== "alternating-users" || plan.next !== plan.username) return [];
  const findings = await tryChange(session, { ...plan, next: cloneOf(plan.username) }, admin);
  return findings.filter(({ ok }) => !ok).map((one) => ({ ...one, check: "the rotation after that" }));
}

async function tryChange(session: Session, plan: AdminPlan, admin: string | undefined): Promise<Finding[]> {
  const check = "the change, rolled back";
  try {
    const change =
      admin === undefined
        ? { statement: ownChange(plan.username), warningsOf: () => [] }
        : await planChange(session, plan);
    const purpose = `changing the password of ${plan.next}`;
    const [differences] = await changePassword(sessionThatRollsBack(session), change.statement, purpose);
    const warnings = change.warningsOf(differences).map((what) => met("a difference of the clone", what));
    return [met(check, `${admin ?? plan.username} may change ${plan.next}`), ...warnings];
  } catch (error) {
    const { code, message, repair, remedy } = asRotationError(error);
    return [{ ...unmet(check, message, repair ?? remedy), code }];
  }
}

/** A session that rolls back each statement. */
function sessionThatRollsBack(session: Session): Session {
  return {
    ...session,
    async run(statement, purpose) {
      try {
        return await session.run(`BEGIN;\n${statement}`, purpose, "BEGIN");
      } finally {
        await session.run("ROLLBACK", "rolling back", "ROLLBACK").catch(() => undefined);
      }
    },
  };
}

function serverFindings(
  facts: Facts,
  verifierType: Session["verifierType"],
  username: string,
  ownPassword: boolean,
): Finding[] {
  const user = escapeIdentifier(username);
  const findings = [
    facts.version >= 140000
      ? met("server version", `PostgreSQL ${facts.versionText}`)
      : unmet("server version", `PostgreSQL ${facts.versionText}`, "Upgrade to 14 or newer."),
    facts.recovering
      ? unmet("writable server", "a replica, which accepts no changes", "Set host to the writer.")
      : met("writable server", "the primary"),
    // A session without TLS exists only if the secret allows it: that works, with a warning at each rotation.
    met("TLS", facts.tls ?? 'not encrypted, as the secret says: "ssl": false'),
    ownPassword &&
      verifierType === "md5" &&
      met("password hashing", "md5 now, SCRAM after the first rotation: clients must support SCRAM"),
    facts.expired
      ? unmet(
          "validity",
          `the password of ${username} has expired (VALID UNTIL)`,
          `ALTER ROLE ${user} VALID UNTIL 'infinity';`,
        )
      : met("validity", "not expired"),
    ownPassword &&
      facts.restricted &&
      !facts.passwordRole &&
      unmet(
        "privilege to change the password",
        "rds.restrict_password_commands is on",
        `GRANT rds_password TO ${user};`,
      ),
    facts.iamOnly &&
      unmet(
        "rds_iam",
        `${username} is a member of rds_iam, whose members log in with IAM tokens only`,
        `REVOKE rds_iam FROM ${user};`,
      ),
    facts.tracked &&
      met("pg_stat_statements", "track = all shows the new verifier to members of pg_read_all_stats: docs/security.md"),
  ];
  return findings.filter((one) => one !== false);
}

/** Escapes the texts, because they may contain names from the server, and a terminal shows them. */
function met(check: string, what: string): Finding {
  return { check, ok: true, what: printable(what, 4_000) };
}

function unmet(check: string, what: string, remedy: string): Finding {
  return { check, ok: false, what: printable(what, 4_000), remedy: printable(remedy, 4_000) };
}

/** @param user - The user's name as an SQL literal. */
function factsQuery(user: string): string {
  return `
WITH u AS (SELECT * FROM pg_roles WHERE rolname = ${user})
SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS "versionText",
  pg_is_in_recovery() AS recovering,
  (SELECT s.version FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid() AND s.ssl) AS tls,
  coalesce(current_setting('rds.restrict_password_commands', true), 'off') IN ('on', '1') AS restricted,
  EXISTS (SELECT FROM pg_roles r, u WHERE r.rolname = 'rds_password' AND pg_has_role(u.oid, r.oid, 'MEMBER')) AS "passwordRole",
  EXISTS (SELECT FROM pg_roles r, u WHERE r.rolname = 'rds_iam' AND NOT u.rolsuper AND pg_has_role(u.oid, r.oid, 'MEMBER')) AS "iamOnly",
  (SELECT rolvaliduntil < now() FROM u) AS expired,
  coalesce(current_setting('pg_stat_statements.track', true) = 'all', false) AS tracked`;
}
