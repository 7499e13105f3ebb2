import assert from "node:assert/strict";
import { concurrentTests } from "../mocha/concurrentTests";
import { servers, thorough } from "../world/servers";
import { assertRotates } from "./assertions";
import { behaviorOf, setUpPrivileges } from "./behavior";
import { type AttackTarget, target, withAdministrator } from "./target";
import { serverVersionOf } from "./world";

for (const [index, { name, start }] of servers().entries()) {
  const isBrief = index > 0 && !thorough;
  /** A user that does not own its database. */
  const withoutDatabase = async (): Promise<AttackTarget> =>
    target({ ...withAdministrator.alternating, postgres: await start(), owner: false });

  describe(`user and clone, ${name}`, function () {
    this.timeout(60_000);
    concurrentTests((test) => {
      for (const admin of isBrief ? (["CREATEROLE"] as const) : (["CREATEROLE", "SUPERUSER"] as const)) {
        test(`over three rotations by a ${admin} administrator, both see, may do, and create the same`, async () => {
          const t = await target({ strategy: "alternating-users", admin, postgres: await start() });
          const other = `other_${t.id}`;
          await setUpPrivileges(t, other, admin);
          const expected = await behaviorOf(t, t.user, other);

          for (let turn = 1; turn <= 3; turn++) {
            await assertRotates(t);
            assert.deepEqual(await behaviorOf(t, t.clone, other), expected, `the clone after rotation ${turn}`);
          }
          assert.deepEqual(await behaviorOf(t, t.user, other), expected, "the user after all");
        });
      }

      test("a privilege that is revoked between two rotations is revoked from both, immediately and after the next rotation", async () => {
        const t = await target({ ...withAdministrator.alternating, postgres: await start() });
        const other = `other_${t.id}`;
        await setUpPrivileges(t, other, "CREATEROLE");
        await assertRotates(t, 2);
        await t.sql(
          `REVOKE SELECT (tenant) ON shop.docs FROM ${t.user}; REVOKE INSERT ON shop.docs FROM ${t.user};
         REVOKE ${t.group} FROM ${t.user}; REVOKE EXECUTE ON FUNCTION shop.secret() FROM ${t.user};
         REVOKE USAGE ON SEQUENCE shop.ids FROM ${t.user}; DROP POLICY c_too ON shop.tenants; DROP POLICY not_b ON shop.tenants;
         ALTER ROLE ${t.user} NOBYPASSRLS NOCREATEDB; ALTER TABLE shop.owned_docs OWNER TO ${t.victim};
         ALTER DEFAULT PRIVILEGES FOR ROLE ${t.user} REVOKE SELECT ON TABLES FROM ${t.victim};
         DROP USER MAPPING FOR ${t.user} SERVER server_${t.id}; REVOKE USAGE ON FOREIGN SERVER server_${t.id} FROM ${t.user};
         REVOKE CREATE ON SCHEMA shop FROM ${t.user}`,
        );
        const [user, clone] = [await behaviorOf(t, t.user, other), await behaviorOf(t, t.clone, other)];
        assert.deepEqual(clone, user, "at that moment");
        assert.equal(user["SELECT tenant, body FROM shop.docs ORDER BY 1"], "42501");
        assert.equal(user["SELECT shop.secret()"], "42501");

        await t.sql(`ALTER ROLE ${t.user} RESET work_mem; ALTER ROLE ${t.user} RESET search_path;
        ALTER ROLE ${t.user} IN DATABASE ${other} RESET ALL; ALTER ROLE ${t.user} CONNECTION LIMIT -1 VALID UNTIL 'infinity'`);
        await t.sql(`REVOKE USAGE ON SCHEMA other_schema FROM ${t.user}`, other);
        for (let turn = 3; turn <= 5; turn++) {
          await assertRotates(t);
          const after = await behaviorOf(t, t.user, other);
          assert.deepEqual(await behaviorOf(t, t.clone, other), after, `after rotation ${turn}`);
          assert.equal(after["SELECT tenant, body FROM shop.docs ORDER BY 1"], "42501");
        }
        const logins = await t.sql(
          `SELECT DISTINCT rolconnlimit, coalesce(rolvaliduntil, 'infinity')::text AS until FROM pg_roles WHERE rolname IN ('${t.user}', '${t.clone}')`,
        );
        assert.deepEqual(logins, [{ rolconnlimit: -1, until: "infinity" }]);
      });

      test("row-level policies TO the user apply to the clone", async () => {
        const t = await withoutDatabase();
        await t.sql(
          `CREATE TABLE public.docs_${t.id} AS SELECT unnest(ARRAY['a', 'b']) AS tenant; ALTER TABLE public.docs_${t.id} ENABLE ROW LEVEL SECURITY;
         CREATE POLICY everybody ON public.docs_${t.id} USING (true); CREATE POLICY only_a ON public.docs_${t.id} AS RESTRICTIVE TO ${t.user} USING (tenant = 'a');
         GRANT SELECT ON public.docs_${t.id} TO ${t.user}`,
        );

        for (let turn = 1; turn <= 3; turn++) {
          await assertRotates(t);
          const current = t.secret.credentials("AWSCURRENT")?.username ?? "";
          assert.deepEqual(
            await t.as(current, `SELECT tenant FROM public.docs_${t.id}`),
            [{ tenant: "a" }],
            `after rotation ${turn}`,
          );
        }
      });

      const roleSettings: Readonly<Record<string, (t: AttackTarget) => string>> = {
        "a role of its own": ({ user, group }) => `GRANT ${group} TO ${user}; ALTER ROLE ${user} SET role = ${group}`,
        "a role of its own in this database, and another elsewhere": ({ user, group, victim, database }) =>
          `GRANT ${group}, ${victim} TO ${user}; ALTER ROLE ${user} SET role = ${victim}; ALTER ROLE ${user} IN DATABASE ${database} SET role = ${group}`,
        "a role that the database sets": ({ user, group, database }) =>
          `GRANT ${group} TO ${user}; ALTER DATABASE ${database} SET role = ${group}`,
        "a role that it is no member of": ({ user, group }) => `ALTER ROLE ${user} SET role = ${group}`,
        "the role none": ({ user, group, database }) =>
          `GRANT ${group} TO ${user}; ALTER DATABASE ${database} SET role = ${group}; ALTER ROLE ${user} SET role = 'none'`,
        NOINHERIT: ({ user, group }) => `GRANT ${group} TO ${user}; ALTER ROLE ${user} NOINHERIT`,
      };
      for (const [what, sql] of Object.entries(roleSettings).slice(isBrief ? 4 : 0)) {
        test(`a user with ${what}: the clone acts as the same role, in its database and in another`, async () => {
          const t = await target({ ...withAdministrator.alternating, postgres: await start() });
          await t.sql(`${sql(t)}; REVOKE CONNECT ON DATABASE ${t.database} FROM PUBLIC`);
          const acting = async (who: string) => [
            await t.as(who, "SELECT current_user::text AS name"),
            await t.as(who, "SELECT current_user::text AS name", "postgres"),
          ];
          const expected = await acting(t.user);

          await assertRotates(t, 3);
          assert.deepEqual(await acting(t.clone), expected, "the clone");
          assert.deepEqual(await acting(t.user), expected, "the user");
        });
      }

      test("a user that may not SET ROLE to its role (16 and newer): the clone acts as the same role", async () => {
        const t = await target({ ...withAdministrator.alternating, postgres: await start() });
        if ((await serverVersionOf(t.postgres)) < 160000) return;
        await t.sql(`GRANT ${t.group} TO ${t.user} WITH SET FALSE; ALTER ROLE ${t.user} SET role = ${t.group}`);
        const expected = await t.as(t.user, "SELECT current_user::text AS name");

        await assertRotates(t, 2);

        assert.deepEqual(await t.as(t.clone, "SELECT current_user::text AS name"), expected);
      });

      test("settings that a session of the clone made for the clone: reset at its next rotation", async () => {
        const t = await target({ ...withAdministrator.alternating, postgres: await start() });
        await assertRotates(t);
        await t.as(
          t.clone,
          `SET ROLE NONE; ALTER ROLE ${t.clone} SET role = none; ALTER ROLE ${t.clone} SET search_path = other_schema;
         ALTER ROLE ${t.clone} IN DATABASE ${t.database} SET role = ${t.clone};
         ALTER ROLE ${t.clone} IN DATABASE postgres SET default_transaction_read_only = on`,
        );

        await assertRotates(t, 2);

        for (const database of [t.database, "postgres"]) {
          const [seen] = await t.as(
            t.clone,
            "SELECT current_user::text AS name, current_setting('search_path') AS path, current_setting('default_transaction_read_only') AS ro",
            database,
          );
          assert.deepEqual(seen, { name: t.user, path: '"$user", public', ro: "off" });
        }
      });

      test("settings that a CREATEROLE administrator cannot set: a warning, and rotation continues", async () => {
        const t = await withoutDatabase();
        await t.sql(
          `ALTER ROLE ${t.user} SET "app.user" = 'x'; ALTER ROLE ${t.user} SET log_min_duration_statement = '1h'`,
        );

        await assertRotates(t, 3);

        const warnings = t.log().filter((line) => line.includes('"WARN"'));
        if ((await serverVersionOf(t.postgres)) >= 150000)
          assert.ok(
            warnings.some((line) => line.includes("app.user")),
            "no warning",
          );
        assert.ok(
          warnings.some((line) => line.includes("log_min_duration_statement")),
          "no warning",
        );
      });

      test("a search_path of a megabyte: rotation continues", async () => {
        const t = await target({
          strategy: "alternating-users",
          admin: "SUPERUSER",
          postgres: await start(),
          owner: false,
        });
        await t.sql(`SELECT set_config('search_path', (SELECT string_agg('s' || n, ',') FROM generate_series(1, 150000) n), false);
        ALTER ROLE ${t.user} SET search_path FROM CURRENT`);

        await assertRotates(t, 3);
      });
    });
  });
}
