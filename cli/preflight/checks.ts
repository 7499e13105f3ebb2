import { randomBytes } from "node:crypto";
import { escapeIdentifier, escapeLiteral } from "pg";
import { newPasswordForm } from "../../rotation-fn/database/changeStatement";
import { type Session, signIn } from "../../rotation-fn/database/session";
import { planChange } from "../../rotation-fn/database/strategies/asAdmin";
import type { AdminPlan } from "../../rotation-fn/database/strategies/judgeRoles";
import { ownChange } from "../../rotation-fn/database/strategies/ownPassword";
import { asRotationError } from "../../rotation-fn/errors";
import { printable } from "../../rotation-fn/printable";
import type { Credentials } from "../../rotation-fn/secret/secretValue";

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
export interface Plan extends AdminPlan {
  /** The administrator's name; undefined where the user changes its own password. */
  readonly admin: string | undefined;
}

interface Facts {
  readonly version: number;
  readonly versionText: string;
  readonly recovering: boolean;
  readonly tls: string | null;
  readonly restricted: boolean;
  readonly passwordRole: boolean;
  readonly expired: boolean | null;
  readonly tracked: boolean;
}

/** Signs in for {@link preflight}: with the form of a password that nobody will ever have. */
export async function signInForPreflight(credentials: Credentials, label: string): Promise<Session> {
  return signIn(credentials, label, {
    newPassword: await newPasswordForm(randomBytes(24).toString("hex"), "verifier"),
  });
}

/**
 * Looks whether a rotation will work, on the session of the one that will make the change: the user itself, or the
 * administrator. Makes the very change that `setSecret` would make, in a transaction that is rolled back. Everything
 * that a rotation needs is a finding, those that are fine too.
 *
 * @param session - Of {@link signInForPreflight}.
 * @throws RotationError where the server does not answer.
 */
export async function preflight(session: Session, plan: Plan): Promise<Finding[]> {
  const [row] = await session.run(factsQuery(escapeLiteral(plan.username)), "looking at the database", "SELECT");
  return [...serverFindings(row as unknown as Facts, session.kept, plan), ...(await tryChange(session, plan))];
}

async function tryChange(session: Session, plan: Plan): Promise<Finding[]> {
  const check = "the change, rolled back";
  try {
    const planned =
      plan.admin === undefined
        ? { statement: ownChange(plan.username), warningsOf: () => [] }
        : await planChange(session, plan);
    const rows = await session.run(
      `BEGIN;\n${planned.statement};\nROLLBACK`,
      `changing the password of ${plan.next}`,
      "BEGIN",
    );
    const warnings = planned.warningsOf(rows[0]).map((what) => finding("a difference of the clone", true, what));
    return [finding(check, true, `${plan.admin ?? plan.username} may change ${plan.next}`), ...warnings];
  } catch (error) {
    const { message, repair, remedy } = asRotationError(error);
    return [finding(check, false, message, repair ?? remedy)];
  }
}

function serverFindings(facts: Facts, kept: Session["kept"], { username, admin }: Plan): Finding[] {
  const user = escapeIdentifier(username);
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
    ...(admin === undefined && kept === "md5"
      ? [finding("password hashing", true, "md5 today, SCRAM from the first rotation on: clients must support it")]
      : []),
    finding(
      "validity",
      facts.expired !== true,
      facts.expired ? `the validity of ${username}'s password is over` : "not limited by now",
      `ALTER ROLE ${user} VALID UNTIL 'infinity';`,
    ),
    ...(admin === undefined && facts.restricted && !facts.passwordRole
      ? [
          finding(
            "right to change the password",
            false,
            "rds.restrict_password_commands is on",
            `GRANT rds_password TO ${user};`,
          ),
        ]
      : []),
    ...(facts.tracked
      ? [
          finding(
            "pg_stat_statements",
            true,
            "track = all keeps the new verifier for members of pg_read_all_stats: docs/security.md",
          ),
        ]
      : []),
  ];
}

/** Also what the server wrote itself, such as a role's name: a terminal shows it. */
function finding(check: string, ok: boolean, what: string, remedy?: string): Finding {
  return ok || remedy === undefined
    ? { check, ok, what: printable(what, 4_000) }
    : { check, ok, what: printable(what, 4_000), remedy: printable(remedy, 4_000) };
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
  (SELECT rolvaliduntil < now() FROM u) AS expired,
  coalesce(current_setting('pg_stat_statements.track', true) = 'all', false) AS tracked`;
}
