import assert from "node:assert/strict";
import { servers } from "../world/servers";
import { randomPassword } from "../world/sharedPostgres";
import { type AttackTarget, target } from "./target";
import { together } from "./together";
import { serverVersionOf } from "./world";

const alternating = { strategy: "alternating-users", admin: "CREATEROLE", owner: false } as const;

for (const { name, start } of servers()) {
  describe(`a new administrator, ${name}`, () =>
    together((test) => {
      /** Creates a second administrator, and stores its credentials in the admin secret. */
      async function successor(t: AttackTarget): Promise<string> {
        const next = { username: `next_${t.id}`, password: randomPassword() };
        const option =
          (await serverVersionOf(t.postgres)) >= 160000
            ? "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"
            : "WITH ADMIN OPTION";
        await t.sql(
          `CREATE ROLE ${next.username} LOGIN CREATEROLE PASSWORD '${next.password}'; GRANT ${t.user} TO ${next.username} ${option}`,
        );
        await t.adminSecret.put(next);
        return next.username;
      }

      async function goesOn(t: AttackTarget): Promise<void> {
        for (let turn = 1; turn <= 3; turn++) assert.deepEqual(await t.rotate(), { ok: true }, `rotation ${turn}`);
        assert.deepEqual([await t.logsIn("AWSCURRENT"), await t.logsIn("AWSPREVIOUS")], [true, true]);
        assert.deepEqual(await t.as(t.clone, "SELECT current_user::text AS name"), [{ name: t.user }]);
      }

      test("while the old one keeps its memberships in the user and the clone: users continue to alternate", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        assert.deepEqual(await t.rotate(), { ok: true });
        const next = await successor(t);
        await t.sql(
          `GRANT ${t.clone} TO ${next} WITH ADMIN OPTION; SET ROLE ${next}; GRANT ${t.user} TO ${t.clone}; RESET ROLE;
        ALTER ROLE ${t.admin.username} NOLOGIN`,
        );

        await goesOn(t);
      });

      test("after the old one is dropped: users continue to alternate, and both log in", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        assert.deepEqual(await t.rotate(), { ok: true });
        const next = await successor(t);
        // DROP OWNED revokes the grants of the old one, also to the new one. A superuser's grant stays.
        await t.sql(`GRANT ${t.clone} TO ${next} WITH ADMIN OPTION`);
        await t.sql(`SET ROLE ${next}; GRANT ${t.user} TO ${t.clone}; RESET ROLE`);
        await t.sql(`DROP OWNED BY ${t.admin.username} CASCADE; DROP ROLE ${t.admin.username}`);

        await goesOn(t);
      });

      test("without a superuser: the old one drops the clone, and the new one creates it again", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        assert.deepEqual([await t.rotate(), await t.rotate()], [{ ok: true }, { ok: true }]);
        const old = await t.postgres.connect({ user: t.admin.username, password: t.admin.password });
        await old.query(`DROP ROLE ${t.clone}`);
        await old.end();
        await successor(t);

        await goesOn(t);
      });

      test("if the old one has not dropped the clone: no rotation stores a clone that does not act as the user", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        assert.deepEqual(await t.rotate(), { ok: true });
        assert.deepEqual(await t.rotate(), { ok: true });
        await successor(t);
        await t.sql(`DROP OWNED BY ${t.admin.username} CASCADE; DROP ROLE ${t.admin.username}`, "postgres");

        const answer = await t.rotate();

        if (answer.ok) assert.deepEqual(await t.as(t.clone, "SELECT current_user::text AS name"), [{ name: t.user }]);
        else assert.equal(await t.logsIn("AWSCURRENT"), true);
      });

      test("when the clone has lost its membership: it is granted again, or the rotation is refused", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        assert.deepEqual([await t.rotate(), await t.rotate()], [{ ok: true }, { ok: true }]);
        await t.sql(`REVOKE ${t.user} FROM ${t.clone} CASCADE`);
        await t.sql(`REVOKE ${t.user} FROM ${t.clone} GRANTED BY ${t.admin.username} CASCADE`).catch(() => undefined);

        const answer = await t.rotate();

        if (answer.ok) assert.deepEqual(await t.as(t.clone, "SELECT current_user::text AS name"), [{ name: t.user }]);
        else assert.equal(answer.step, "setSecret");
      });
    }));
}
