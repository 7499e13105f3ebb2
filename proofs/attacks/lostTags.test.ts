import assert from "node:assert/strict";
import { concurrentTests } from "../mocha/concurrentTests";
import { assertAdminNotLoggedIn, assertRotates, rotateThreeTimes } from "./assertions";
import { recordPrivileges, rotateAfterAttack } from "./privileges";
import { type AttackTargetOptions, bothStrategies, target, titleOf, withAdministrator } from "./target";

describe("attack by removed tags", () =>
  concurrentTests((test) => {
    const removedTags: Readonly<Record<string, readonly string[]>> = {
      "all of them": ["strategy", "admin-secret", "username", "database"],
      "all but the administrator": ["strategy", "username", "database"],
      "the strategy": ["strategy"],
      "the username": ["username"],
      "the database": ["database"],
      "the username and the database": ["username", "database"],
    };
    for (const options of bothStrategies) {
      for (const [what, names] of Object.entries(removedTags)) {
        test(`${what}, masterarn in the value, and another user's name, ${titleOf(options)}: the administrator does not log in`, async () => {
          const tags = Object.fromEntries(names.map((name) => [`secrets-rotation:${name}`, undefined]));
          const t = await target({ ...options, owner: false, tags });
          const value = { masterarn: t.adminSecret.arn, username: t.victim };

          const answer = await rotateAfterAttack(t, () => t.secret.put(value));

          await assertAdminNotLoggedIn(t);
          assert.equal(answer.ok, false);
        });
      }

      test(`the administrator, ${titleOf(options)}: the administrator does not log in by masterarn`, async () => {
        const t = await target({ ...options, owner: false, tags: { "secrets-rotation:admin-secret": undefined } });

        await rotateAfterAttack(t, () => t.secret.put({ masterarn: t.adminSecret.arn }));

        await assertAdminNotLoggedIn(t);
      });
    }

    test("all tags, of a secret without an administrator: the user changes its own password", async () => {
      const tags = {
        "secrets-rotation:strategy": undefined,
        "secrets-rotation:username": undefined,
        "secrets-rotation:database": undefined,
      };
      const t = await target({ owner: false, tags });

      await assertRotates(t);

      assert.equal(await t.logsIn("AWSCURRENT"), true);
      await assertAdminNotLoggedIn(t);
    });

    test("masterarn in a secret without an administrator, with the ARN of another: the administrator does not log in, and no role gains a privilege", async () => {
      const other: AttackTargetOptions = { ...withAdministrator.alternatingBySuperuser, owner: false };
      const [t, admin] = [await target({ owner: false }), await target(other)];
      const assertNoGain = await recordPrivileges(admin);
      await t.secret.put({ masterarn: admin.adminSecret.arn, username: admin.user });

      await rotateThreeTimes(t);

      await assertAdminNotLoggedIn(admin);
      await assertNoGain();
    });

    test("all tags, of an alternating user whose clone is current: the user's privileges do not change", async () => {
      const t = await target({ ...withAdministrator.alternating, owner: false });
      await t.rotate();

      await rotateAfterAttack(t, () => t.secret.untag());

      assert.equal(await t.logsIn("AWSCURRENT"), true);
    });
  }));
