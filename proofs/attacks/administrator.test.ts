import assert from "node:assert/strict";
import { queryAndEnd } from "../../emulators/postgres/postgres";
import { concurrentTests } from "../mocha/concurrentTests";
import { servers } from "../world/servers";
import { randomPassword } from "../world/sharedPostgres";
import { assertActsAsUser, assertBothLogIn, assertRotates } from "./assertions";
import { type AttackTarget, target, withAdministrator } from "./target";
import { adminGrantOptions } from "./world";

const alternating = { ...withAdministrator.alternating, owner: false } as const;

for (const { name, start } of servers()) {
  describe(`a new administrator, ${name}`, () =>
    concurrentTests((test) => {
      /** Creates a second administrator, and stores its credentials in the admin secret. */
      async function successor(t: AttackTarget): Promise<string> {
        const next = { username: `next_${t.id}`, password: randomPassword() };
        await t.sql(
          `CREATE ROLE ${next.username} LOGIN CREATEROLE PASSWORD '${next.password}'; GRANT ${t.user} TO ${next.username} ${await adminGrantOptions(t.postgres)}`,
        );
        await t.adminSecret.put(next);
        return next.username;
      }

      async function usersAlternate(t: AttackTarget): Promise<void> {
        await assertRotates(t, 3);
        await assertBothLogIn(t);
        await assertActsAsUser(t);
      }

      test("while the old one keeps its memberships in the user and the clone: users continue to alternate", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        await assertRotates(t);
        const next = await successor(t);
        await t.sql(
          `GRANT ${t.clone} TO ${next} WITH ADMIN OPTION; SET ROLE ${next}; GRANT ${t.user} TO ${t.clone}; RESET ROLE;
        ALTER ROLE ${t.admin.username} NOLOGIN`,
        );

        await usersAlternate(t);
      });

      test("after the old one is dropped: users continue to alternate, and both log in", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        await assertRotates(t);
        const next = await successor(t);
        // DROP OWNED revokes the grants of the old one, also to the new one. A superuser's grant stays.
        await t.sql(`GRANT ${t.clone} TO ${next} WITH ADMIN OPTION`);
        await t.sql(`SET ROLE ${next}; GRANT ${t.user} TO ${t.clone}; RESET ROLE`);
        await t.sql(`DROP OWNED BY ${t.admin.username} CASCADE; DROP ROLE ${t.admin.username}`);

        await usersAlternate(t);
      });

      test("without a superuser: the old one drops the clone, and the new one creates it again", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        await assertRotates(t, 2);
        const { username: user, password } = t.admin;
        await queryAndEnd(await t.postgres.connect({ user, password }), `DROP ROLE ${t.clone}`);
        await successor(t);

        await usersAlternate(t);
      });

      test("if the old one has not dropped the clone: no rotation stores a clone that does not act as the user", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        await assertRotates(t, 2);
        await successor(t);
        await t.sql(`DROP OWNED BY ${t.admin.username} CASCADE; DROP ROLE ${t.admin.username}`, "postgres");

        const answer = await t.rotate();

        if (answer.ok) await assertActsAsUser(t);
        else assert.equal(await t.logsIn("AWSCURRENT"), true);
      });

      test("when the clone has lost its membership: it is granted again, or the rotation is refused", async () => {
        const t = await target({ ...alternating, postgres: await start() });
        await assertRotates(t, 2);
        await t.sql(`REVOKE ${t.user} FROM ${t.clone} CASCADE`);
        await t.sql(`REVOKE ${t.user} FROM ${t.clone} GRANTED BY ${t.admin.username} CASCADE`).catch(() => undefined);

        const answer = await t.rotate();

        if (answer.ok) await assertActsAsUser(t);
        else assert.equal(answer.step, "setSecret");
      });
    }));
}
