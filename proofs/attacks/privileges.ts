import assert from "node:assert/strict";
import { escapeLiteral } from "pg";
import { rotateThreeTimes } from "./assertions";
import type { AttackTarget, RotationResult } from "./target";

/**
 * Describes, one line each, what a rotation must not change: attributes, memberships and settings of the target's
 * roles, passwords of the roles that are not rotated, and privileges on databases. Omits the clone, its membership in
 * the user, and the administrator's membership in the clone.
 */
async function privilegesOf({ sql, id, user, clone, admin, database }: AttackTarget): Promise<readonly string[]> {
  const [u, c, a] = [user, clone, admin.username].map((name) => escapeLiteral(name));
  const rows = await sql(
    `WITH mine AS (
       SELECT * FROM pg_authid WHERE rolname LIKE '%${id}%' OR rolname IN (${u}, 'postgres')
     ), members AS (
       SELECT m.*, g.rolname AS granted, r.rolname AS holder FROM pg_auth_members m
       JOIN pg_authid g ON g.oid = m.roleid JOIN pg_authid r ON r.oid = m.member
       WHERE (m.member IN (SELECT oid FROM mine) OR m.roleid IN (SELECT oid FROM mine))
     )
     SELECT format('role %s: %s', rolname, to_jsonb(mine) - '{oid,rolname,rolpassword}'::text[]) AS line
       FROM mine WHERE rolname <> ${c}
     UNION ALL SELECT format('password of %s: %s', rolname, md5(rolpassword)) FROM mine WHERE rolname NOT IN (${u}, ${c})
     UNION ALL SELECT format('%s is a member of %s: %s', holder, granted,
         to_jsonb(members) - '{oid,granted,holder,member,roleid}'::text[])
       FROM members WHERE NOT (holder = ${c} AND granted = ${u}) AND NOT (holder IN (${a}, 'postgres') AND granted = ${c})
     UNION ALL SELECT format('settings of %s in database %s: %s', rolname, setdatabase, setconfig)
       FROM pg_db_role_setting LEFT JOIN mine ON mine.oid = setrole LEFT JOIN pg_database d ON d.oid = setdatabase
       WHERE setrole = 0 AND d.datname IN ('postgres', '${database}') OR mine.oid IS NOT NULL AND rolname <> ${c}
     UNION ALL SELECT format('%s has %s on database %s', rolname, privilege_type, datname)
       FROM pg_database, aclexplode(datacl) JOIN mine ON mine.oid = grantee WHERE rolname NOT IN (${c}, 'postgres')
     ORDER BY 1`,
    "postgres",
  );
  return rows.map(({ line }) => String(line));
}

/** Attributes and memberships that the clone has and the user does not. */
async function privilegesOfCloneAlone({ sql, id, user, clone }: AttackTarget): Promise<readonly string[]> {
  const [u, c] = [escapeLiteral(user), escapeLiteral(clone)];
  const rows = await sql(
    `WITH clone AS (SELECT * FROM pg_roles WHERE rolname = ${c}), app AS (SELECT * FROM pg_roles WHERE rolname = ${u})
     SELECT 'attribute ' || key AS line FROM clone, app, jsonb_each(to_jsonb(clone))
       WHERE key IN ('rolsuper', 'rolcreaterole', 'rolreplication', 'rolbypassrls', 'rolcreatedb')
         AND value = 'true' AND to_jsonb(app) -> key = 'false'
     UNION ALL SELECT 'membership in ' || r.rolname FROM clone, app, pg_roles r
       WHERE r.oid NOT IN (clone.oid, app.oid) AND (r.rolname LIKE 'pg\\_%' OR r.rolname LIKE '%${id}%')
         AND pg_has_role(clone.oid, r.oid, 'MEMBER') AND NOT pg_has_role(app.oid, r.oid, 'MEMBER')`,
    "postgres",
  );
  return rows.map(({ line }) => `${clone} has more than ${user}: ${line}`);
}

/**
 * Records the privileges.
 *
 * @returns a function that asserts that no role has gained a privilege since, or, unless `mayLose`, lost one
 */
export async function recordPrivileges(target: AttackTarget): Promise<(mayLose?: boolean) => Promise<void>> {
  const before = [...(await privilegesOf(target)), ...(await privilegesOfCloneAlone(target))];
  return async (mayLose = false) => {
    const after = [...(await privilegesOf(target)), ...(await privilegesOfCloneAlone(target))];
    const changes = [
      ...before.filter((line) => !mayLose && !after.includes(line)).map((line) => `was: ${line}`),
      ...after.filter((line) => !before.includes(line)).map((line) => `is:  ${line}`),
      ...(await attackFindings(target)),
    ];
    assert.ok(changes.length === 0, ["the rotation changed privileges:", ...changes].join("\n"));
  };
}

/** Rotates three times, and asserts that no role gains a privilege and that AWSCURRENT logs in. */
export async function assertRotatesWithoutGain(target: AttackTarget): Promise<void> {
  const assertNoGain = await recordPrivileges(target);
  for (let turn = 1; turn <= 3; turn++) {
    const answer = await target.rotate();
    if (!answer.ok) await assertNoGain();
    assert.deepEqual(answer, { ok: true }, `rotation ${turn} of ${target.user}`);
  }
  await assertNoGain();
  assert.equal(await target.logsIn("AWSCURRENT"), true);
}

/**
 * Attacks, rotates three times, and asserts that no role gains a privilege.
 *
 * @returns the result of the last rotation
 */
export async function rotateAfterAttack(target: AttackTarget, attack: () => Promise<unknown>): Promise<RotationResult> {
  const assertNoGain = await recordPrivileges(target);
  await attack();
  const answer = await rotateThreeTimes(target);
  await assertNoGain();
  return answer;
}

/** Describes what the attacking code has recorded in sessions of other roles. */
async function attackFindings({ sql, database }: AttackTarget): Promise<readonly string[]> {
  if (database === "postgres") return [];
  const [there] = await sql("SELECT to_regclass('attack.findings') IS NOT NULL AS there", database);
  if (there?.there !== true) return [];
  const rows = await sql(
    `SELECT DISTINCT 'finding: ' || what AS line FROM attack.findings
     UNION ALL SELECT 'attacking code ran in a session of another role' FROM attack.runs WHERE is_called`,
    database,
  );
  return rows.map(({ line }) => String(line));
}

/**
 * Creates the attacking code as the owner of a database: `attack.execute()` tries to gain privileges from the session
 * that runs it, and records what it sees. In a session of the user itself it does nothing. A sequence counts each run,
 * also if the transaction is read-only or rolled back.
 */
export async function createAttackingCode({ as, user, clone, victim, group, admin }: AttackTarget): Promise<void> {
  const attempts = [
    ...["SUPERUSER", "CREATEROLE", "CREATEDB", "BYPASSRLS"].map((right) => `ALTER ROLE ${user} ${right}`),
    `GRANT pg_execute_server_program TO ${user}`,
    `GRANT pg_read_all_data TO ${user}`,
    `GRANT ${group} TO ${user}`,
    `ALTER ROLE ${victim} PASSWORD 'known'`,
    `ALTER ROLE ${admin.username} PASSWORD 'known'`,
  ];
  await as(
    user,
    `CREATE SCHEMA attack;
     CREATE TABLE attack.findings (what text);
     CREATE SEQUENCE attack.runs;
     CREATE FUNCTION attack.execute() RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $code$
     DECLARE
       attempt text;
     BEGIN
       IF session_user IN ('${user}', '${clone}') THEN RETURN true; END IF;
       BEGIN PERFORM nextval('attack.runs'); EXCEPTION WHEN OTHERS THEN RAISE LOG 'attacking code ran'; END;
       BEGIN
         INSERT INTO attack.findings VALUES (format('ran as %s', current_user));
         IF current_setting('secrets_rotation.password', true) <> '' THEN
           INSERT INTO attack.findings VALUES (format('%s exposed the password''s form', current_user));
         END IF;
       EXCEPTION WHEN OTHERS THEN NULL;
       END;
       FOREACH attempt IN ARRAY ARRAY[${attempts.map((attempt) => escapeLiteral(attempt)).join(", ")}] LOOP
         BEGIN EXECUTE attempt; EXCEPTION WHEN OTHERS THEN NULL; END;
       END LOOP;
       RETURN true;
     END $code$;
     GRANT USAGE ON SCHEMA attack TO PUBLIC;
     GRANT INSERT, SELECT ON attack.findings TO PUBLIC;
     GRANT USAGE ON SEQUENCE attack.runs TO PUBLIC`,
  );
}
