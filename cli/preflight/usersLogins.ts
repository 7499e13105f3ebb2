import { escapeIdentifier, escapeLiteral } from "pg";
import { type Session, tryToSignIn } from "../../rotation-fn/database/session";
import type { AdminPlan } from "../../rotation-fn/database/strategies/judgeRoles";
import { RotationError } from "../../rotation-fn/errors";
import type { Credentials } from "../../rotation-fn/secret/secretValue";
import { asReported } from "../remedies";
import type { Finding } from "./checks";
import type { PreflightTarget } from "./target";

/**
 * With an administrator, checks whether the user and the next user can log in. A refused password is no problem,
 * because the rotation sets a new one. Anything else (CONNECT, a connection limit, pg_hba.conf, a setting that ends the
 * session) would make `testSecret` fail, after the password was changed.
 */
export async function loginsOfUsers(
  asAdmin: Session,
  { user, next, admin, plan }: PreflightTarget,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  if (admin === undefined) return [];
  const findings: Finding[] = [];
  if (user.password !== "") {
    const refused = "AWSCURRENT is refused, and will be replaced";
    findings.push(await loginOfUser(asAdmin, "login of the user", user, plan, refused, env));
  }
  if (next !== undefined) {
    const refused = `the server asks ${next.username} for its password`;
    findings.push(await loginOfUser(asAdmin, "login of the next user", next, plan, refused, env));
  }
  return findings;
}

async function loginOfUser(
  asAdmin: Session,
  check: string,
  credentials: Credentials,
  plan: AdminPlan,
  refused: string,
  env: NodeJS.ProcessEnv,
): Promise<Finding> {
  try {
    const { session } = await tryToSignIn(credentials, "its last password", { signal: undefined });
    session?.close();
    if (session !== undefined) return { check, ok: true, what: `${credentials.username} logs in` };
    // The server checks the password first.
    const notTried = await lookUpLogin(asAdmin, credentials, plan);
    if (notTried.length === 0) return { check, ok: true, what: refused };
    return { check, ok: true, what: `${refused}; not tried: ${notTried.join(", ")}`, notTried };
  } catch (error) {
    const { message: what, ...reported } = asReported(error, env);
    return { check, ok: false, what, ...reported };
  }
}

/**
 * Looks up what a login with a refused password, or of a missing role, does not show: whether the login can connect to
 * its database, and what could end its session.
 *
 * @returns what could refuse it, and cannot be tried.
 * @throws RotationError `DatabaseMissing`, `LoginNotAllowed`, `ConnectDenied` or `DatabaseFull`.
 */
async function lookUpLogin(session: Session, { username, dbname }: Credentials, plan: AdminPlan): Promise<string[]> {
  const [user, app, database] = [username, plan.username, dbname].map(escapeLiteral);
  const reached = (limit: string, sessions: string): string =>
    `coalesce(NOT coalesce(u.rolsuper, false) AND ${limit} BETWEEN 0 AND (SELECT count(*) FROM pg_stat_activity WHERE ${sessions}), false)`;
  // A clone that does not exist yet will have the privileges of the user, and a user those of its groups.
  const groups = `ARRAY[${plan.memberOf.map(escapeLiteral).join(", ")}]::name[]`;
  const [row] = await session.run(
    `SELECT d.datname IS NOT NULL AS exists, d.datallowconn AS allows,
  (SELECT bool_or(has_database_privilege(r.oid, d.oid, 'CONNECT')) FROM pg_roles r
    WHERE CASE WHEN coalesce(u.oid, app.oid) IS NULL THEN r.rolname = ANY (${groups}) ELSE r.oid = coalesce(u.oid, app.oid) END)
    OR has_database_privilege('public', d.oid, 'CONNECT') AS connect,
  ${reached("u.rolconnlimit", "usesysid = u.oid")} AS full, ${reached("d.datconnlimit", "datid = d.oid")} AS "databaseFull",
  ${session.major >= 17 ? "d.dathasloginevt" : "false"} AS trigger,
  (SELECT string_agg(substr(c, 27), ', ') FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c
    WHERE c LIKE 'session_preload_libraries=_%' AND s.setdatabase IN (0, d.oid) AND s.setrole IN (0, u.oid, app.oid)) AS libraries
FROM (SELECT) one LEFT JOIN pg_database d ON d.datname = ${database}
  LEFT JOIN pg_roles u ON u.rolname = ${user} LEFT JOIN pg_roles app ON app.rolname = ${app}`,
    `reading the database ${dbname}`,
    "SELECT",
  );
  if (!row?.exists) throw new RotationError("DatabaseMissing", `the database ${dbname} does not exist`);
  if (!row.allows) throw new RotationError("LoginNotAllowed", `the database ${dbname} has ALLOW_CONNECTIONS false`);
  if (!row.connect) {
    const repair = `GRANT CONNECT ON DATABASE ${escapeIdentifier(dbname)} TO ${escapeIdentifier(username)};`;
    throw new RotationError("ConnectDenied", `${username} does not have CONNECT on the database ${dbname}`, { repair });
  }
  const atLimit = row.full ? username : row.databaseFull ? `the database ${dbname}` : undefined;
  if (atLimit !== undefined) throw new RotationError("DatabaseFull", `${atLimit} has reached its CONNECTION LIMIT`);
  return [
    ...(row.trigger ? [`the login trigger of ${dbname}`] : []),
    ...(row.libraries ? [`session_preload_libraries (${row.libraries})`] : []),
  ];
}
