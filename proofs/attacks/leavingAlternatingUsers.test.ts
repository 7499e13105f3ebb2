import assert from "node:assert/strict";
import { settingTags } from "../../rotation-fn/secret/settings";
import { concurrentTests } from "../mocha/concurrentTests";
import { servers } from "../world/servers";
import { randomPassword } from "../world/sharedPostgres";
import { assertBothLogIn, assertRotates } from "./assertions";
import { recordPrivileges } from "./privileges";
import { type AttackTarget, target, withAdministrator } from "./target";

const alternating = { ...withAdministrator.alternating, owner: false } as const;

/** Whether the clone logs in with any password of the secret. */
async function cloneLogsIn(
  { postgres, clone, database }: AttackTarget,
  passwords: readonly string[],
): Promise<boolean> {
  for (const known of passwords) if (await postgres.canLogIn(clone, known, database)) return true;
  return false;
}

for (const { name, start } of servers()) {
  describe(`a secret that leaves alternating-users, ${name}`, () =>
    concurrentTests((test) => {
      for (const rotations of [1, 2]) {
        test(`keeps its administrator, after ${rotations} rotations: one login works, and the other does not`, async () => {
          const t = await target({ ...alternating, postgres: await start() });
          const passwords: string[] = [];
          for (let turn = 1; turn <= rotations; turn++) {
            await assertRotates(t);
            passwords.push(t.secret.credentials("AWSCURRENT")?.password ?? "");
          }
          const assertNoGain = await recordPrivileges(t);
          await t.secret.tag({ [settingTags.strategy]: "single-user" });

          await assertRotates(t, 2);

          await assertNoGain();
          assert.equal(t.secret.credentials("AWSCURRENT")?.username, t.user);
          assert.equal(await t.logsIn("AWSCURRENT"), true);
          assert.equal(await cloneLogsIn(t, passwords), false, "the second login works");

          // And back again.
          await t.secret.tag({ [settingTags.strategy]: "alternating-users" });
          await assertRotates(t, 2);
          await assertBothLogIn(t);
        });

        for (const [what, tags] of Object.entries({
          "its administrator": [settingTags.adminSecretArn],
          "all its tags": undefined,
        })) {
          test(`loses ${what}, after ${rotations} rotations: refused, and the current version logs in`, async () => {
            const t = await target({ ...alternating, postgres: await start() });
            await assertRotates(t, rotations);
            const assertNoGain = await recordPrivileges(t);
            await t.secret.untag(tags);
            if (what === "its administrator") await t.secret.tag({ [settingTags.strategy]: "single-user" });

            const answer = await t.rotate();

            assert.equal(answer.ok, false, "the other login would keep its password");
            await assertNoGain();
            assert.equal(await t.logsIn("AWSCURRENT"), true);
          });
        }
      }

      test("single-user, with an unrelated login that has the clone's name: it keeps its password", async () => {
        const t = await target({ ...alternating, strategy: "single-user", postgres: await start() });
        const otherPassword = randomPassword();
        await t.sql(
          `CREATE ROLE ${t.clone} LOGIN PASSWORD '${otherPassword}'; GRANT ${t.clone} TO ${t.admin.username} WITH ADMIN OPTION`,
        );
        // On 14, the user can make any role its member, and so make this one look like its clone.
        await t.as(t.user, `GRANT ${t.user} TO ${t.clone}`).catch(() => undefined);

        for (let turn = 1; turn <= 2; turn++) await t.rotate();

        assert.equal(await t.postgres.canLogIn(t.clone, otherPassword), true, "another login was locked out");
      });
    }));
}
