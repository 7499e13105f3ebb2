import assert from "node:assert/strict";
import { escapeLiteral } from "pg";
import { concurrentTests } from "../mocha/concurrentTests";
import { servers, thorough } from "../world/servers";
import { assertActsAsUser, assertRotates } from "./assertions";
import { recordPrivileges } from "./privileges";
import { type AttackTarget, target, withAdministrator } from "./target";
import { serverVersionOf } from "./world";

/** A role with the clone's name that exists before the first rotation. The superuser creates it. */
interface ExistingClone {
  readonly sql: (t: AttackTarget) => string;
  /** Runs in the user's database after the roles are created. */
  readonly inDatabase?: (t: AttackTarget) => string;
  /** Whether the user owns its database. @default false */
  readonly owner?: boolean;
}

const alternating = { ...withAdministrator.alternating, owner: false } as const;

const member = ({ clone, user }: AttackTarget): string =>
  `CREATE ROLE ${clone} LOGIN PASSWORD 'known'; GRANT ${user} TO ${clone};`;
/** From 16 on, a rotation is refused if the administrator does not have ADMIN OPTION. */
const manageable = ({ clone, admin }: AttackTarget): string => `GRANT ${clone} TO ${admin.username} WITH ADMIN OPTION;`;

const existingClones: Readonly<Record<string, ExistingClone>> = {
  "a member of another group": { sql: (t) => `${member(t)} GRANT ${t.group} TO ${t.clone};` },
  "a member of another group alone": {
    sql: (t) => `CREATE ROLE ${t.clone} LOGIN PASSWORD 'known'; GRANT ${t.group} TO ${t.clone};`,
  },
  "the owner of a table": {
    sql: member,
    inDatabase: ({ clone, id }) =>
      `CREATE TABLE public.clone_table_${id} (a int); ALTER TABLE public.clone_table_${id} OWNER TO ${clone}`,
  },
  "the owner of a database": {
    sql: member,
    owner: true,
    inDatabase: ({ clone, database }) => `ALTER DATABASE ${database} OWNER TO ${clone}`,
  },
  "the owner of a function that runs with its rights": {
    sql: member,
    inDatabase: ({ clone, id }) =>
      `CREATE FUNCTION public.f_${id}() RETURNS name LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user'; ALTER FUNCTION public.f_${id}() OWNER TO ${clone}`,
  },
  "privileged on a table": {
    sql: member,
    inDatabase: ({ clone, id }) =>
      `CREATE TABLE public.table_${id} (a int); GRANT SELECT ON public.table_${id} TO ${clone}`,
  },
  "privileged on a column": {
    sql: member,
    inDatabase: ({ clone, id }) =>
      `CREATE TABLE public.table_${id} (a int); GRANT UPDATE (a) ON public.table_${id} TO ${clone}`,
  },
  "privileged on a database": { sql: (t) => `${member(t)} GRANT CREATE ON DATABASE postgres TO ${t.clone};` },
  "named in default privileges": {
    sql: member,
    inDatabase: ({ clone, victim }) => `ALTER DEFAULT PRIVILEGES FOR ROLE ${victim} GRANT SELECT ON TABLES TO ${clone}`,
  },
  "a group with a member": { sql: (t) => `${member(t)} GRANT ${t.clone} TO ${t.victim};` },
  "a group without LOGIN, with a member": {
    sql: ({ clone, user, victim }) => `CREATE ROLE ${clone}; GRANT ${user} TO ${clone}; GRANT ${clone} TO ${victim};`,
  },
  "a group with a member of a member": {
    sql: (t) =>
      `${member(t)} CREATE ROLE group_member_${t.id}; GRANT ${t.clone} TO group_member_${t.id}; GRANT group_member_${t.id} TO ${t.victim};`,
  },
  "a group whose member is not a member of the user": {
    sql: ({ clone, victim }) => `CREATE ROLE ${clone} LOGIN PASSWORD 'known'; GRANT ${clone} TO ${victim};`,
  },
  "a login that is not a member of the user": { sql: ({ clone }) => `CREATE ROLE ${clone} LOGIN PASSWORD 'known';` },
  "a SUPERUSER": { sql: (t) => `${member(t)} ALTER ROLE ${t.clone} SUPERUSER;` },
  "a CREATEROLE": { sql: (t) => `${member(t)} ALTER ROLE ${t.clone} CREATEROLE;` },
};

/** The attributes, memberships, settings and objects of the role with the clone's name. */
async function stateOf({ sql, clone }: AttackTarget): Promise<unknown> {
  return sql(
    `SELECT to_jsonb(r) - 'rolvaliduntil' AS role, (SELECT array_agg(m.roleid::regrole ORDER BY 1) FROM pg_auth_members m WHERE m.member = r.oid) AS groups,
       (SELECT array_agg(m.member::regrole ORDER BY 1) FROM pg_auth_members m WHERE m.roleid = r.oid) AS members
     FROM pg_authid r WHERE rolname = '${clone}'`,
  );
}

/** Whether a role may become the user. */
async function canBecome({ sql, user }: AttackTarget, who: string): Promise<boolean> {
  const [row] = await sql(`SELECT pg_has_role('${who}', '${user}', 'MEMBER') AS yes`);
  return row?.yes === true;
}

for (const [index, { name, start }] of servers().entries()) {
  /** All cases on the first server. Major versions differ only in memberships. */
  const cases = Object.entries(existingClones).filter(
    ([what]) => index === 0 || thorough || /member|group|login/.test(what),
  );

  describe(`attack by a clone that exists before the first rotation, ${name}`, () =>
    concurrentTests((test) => {
      for (const [what, { sql, inDatabase, owner = false }] of cases) {
        test(`${what}: refused, nothing is changed, and its creator gains no privilege`, async () => {
          const t = await target({ ...alternating, postgres: await start(), owner });
          await t.sql(`${sql(t)} ${manageable(t)}`);
          if (inDatabase) await t.sql(inDatabase(t));
          const assertNoGain = await recordPrivileges(t);
          const [before, couldBecome] = [await stateOf(t), await canBecome(t, t.victim)];

          const answers = [await t.rotate(), await t.rotate()];

          if ((await serverVersionOf(t.postgres)) < 150000 && answers.some(({ ok }) => ok)) {
            // Before 15, a role can make any role its member: its members are revoked, not refused.
            await assertNoGain(true);
            assert.equal(await canBecome(t, t.victim), false);
            return;
          }
          assert.deepEqual(await stateOf(t), before);
          assert.equal(await canBecome(t, t.victim), couldBecome);
          await assertNoGain();
          for (const { step } of answers) assert.equal(step, "setSecret", "it was taken for the user's clone");
          assert.equal(await t.logsIn("AWSCURRENT"), true);
        });
      }

      test("with the comment of a real clone, a membership and a member: no role gains a privilege", async () => {
        const postgres = await start();
        const [genuine, t] = [await target({ ...alternating, postgres }), await target({ ...alternating, postgres })];
        await assertRotates(genuine);
        const [comment] = await genuine.sql(
          `SELECT shobj_description('${genuine.clone}'::regrole, 'pg_authid') AS text`,
        );
        await t.sql(`${member(t)} ${manageable(t)} GRANT ${t.clone} TO ${t.victim};
        GRANT pg_read_all_data TO ${t.clone}; COMMENT ON ROLE ${t.clone} IS ${escapeLiteral(String(comment?.text ?? ""))}`);
        const assertNoGain = await recordPrivileges(t);

        const answers = [await t.rotate(), await t.rotate()];

        await assertNoGain(true);
        if (answers.some(({ ok }) => ok)) assert.equal(await canBecome(t, t.victim), false, "the clone has a member");
      });

      test("a login that is only a member of the user: used as the clone, and its old password is refused; on 14 refused", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        await t.sql(`${member(t)} ${manageable(t)}`);
        const assertNoGain = await recordPrivileges(t);
        // On 14, the user can make any role its member: the login may belong to another tenant.
        if ((await serverVersionOf(t.postgres)) < 150000) {
          const { step, errorType } = { step: "", errorType: "", ...(await t.rotate()) };
          assert.deepEqual([step, errorType], ["setSecret", "RoleRefused"]);
          assert.equal(await t.postgres.canLogIn(t.clone, "known", t.database), true);
          return;
        }

        await assertRotates(t, 3);

        await assertNoGain();
        assert.equal(await t.postgres.canLogIn(t.clone, "known", t.database), false);
        await assertActsAsUser(t);
      });

      test("created by another role with CREATEROLE: only the administrator can become the user through it", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        if ((await serverVersionOf(t.postgres)) < 160000) return;
        await t.sql(`ALTER ROLE ${t.victim} CREATEROLE`);
        const client = await t.postgres.connect({ user: t.victim, password: t.victimPassword });
        await client.query(`CREATE ROLE ${t.clone} LOGIN PASSWORD 'known'`);
        const assertNoGain = await recordPrivileges(t);

        const answer = await t.rotate();

        assert.equal(await canBecome(t, t.victim), false);
        await client.query(`ALTER ROLE ${t.clone} PASSWORD 'mine'`);
        await client.end();
        await assertNoGain();
        assert.equal(answer.ok, false);
      });

      test("when a session created an object of the clone's own by SET ROLE NONE: rotation continues", async () => {
        const t = await target({ ...alternating, postgres: await start(), owner: true });
        await t.sql(`GRANT CREATE ON SCHEMA public TO PUBLIC; GRANT CREATE ON DATABASE ${t.database} TO PUBLIC`);
        await assertRotates(t);
        await t.as(
          t.clone,
          "SET ROLE NONE; CREATE TABLE public.own (a int); CREATE SCHEMA own; CREATE TABLE own.t (a int)",
        );

        await assertRotates(t, 3);
      });

      test("when a role becomes a member of it between two rotations: no rotation stores a clone that logs in", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        await t.rotate();
        await t.sql(`GRANT ${t.clone} TO ${t.victim}`);

        const answers = [await t.rotate(), await t.rotate()];

        assert.ok(answers.some(({ ok }) => !ok) || !(await canBecome(t, t.victim)), "the clone has a member");
      });

      const refused: Readonly<Record<string, (t: AttackTarget) => string>> = {
        SUPERUSER: ({ user }) => `ALTER ROLE ${user} SUPERUSER`,
        REPLICATION: ({ user }) => `ALTER ROLE ${user} REPLICATION`,
        "CREATEROLE, up to 15": ({ user }) => `ALTER ROLE ${user} CREATEROLE`,
      };
      for (const [what, sql] of Object.entries(refused)) {
        for (const admin of ["CREATEROLE", "SUPERUSER"] as const) {
          test(`a user with ${what}, and a ${admin} administrator: refused before anything is created`, async () => {
            const t = await target({ strategy: "alternating-users", admin, postgres: await start(), owner: false });
            if (what.startsWith("CREATEROLE") && (await serverVersionOf(t.postgres)) >= 160000) return;
            await t.sql(sql(t));
            const assertNoGain = await recordPrivileges(t);

            const answer = await t.rotate();

            await assertNoGain();
            assert.equal(answer.step, "setSecret");
            assert.deepEqual(await t.sql(`SELECT FROM pg_roles WHERE rolname = '${t.clone}'`), []);
          });
        }
      }
    }));
}
