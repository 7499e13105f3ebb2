import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { concurrentTests } from "../mocha/concurrentTests";
import { randomPassword, sharedPostgres } from "../world/sharedPostgres";
import { assertAdminNotLoggedIn, rotateThreeTimes } from "./assertions";
import { recordPrivileges, rotateAfterAttack } from "./privileges";
import { type AttackTarget, bothStrategies, target, titleOf, withAdministrator } from "./target";

describe("attack by a value that names another user", () =>
  concurrentTests((test) => {
    const otherUsernames: Readonly<Record<string, (t: AttackTarget) => string>> = {
      "another user": ({ victim }) => victim,
      "the administrator itself": ({ admin }) => admin.username,
      "a superuser": ({ id }) => `superuser_${id}`,
      "the clone of the clone": ({ clone }) => `${clone}_clone`,
      "the user in capitals": ({ user }) => user.toUpperCase(),
      "the user with a blank": ({ user }) => `${user} `,
      "the user with an invisible character": ({ user }) => `${user}\u200b`,
    };
    for (const options of bothStrategies) {
      for (const [who, nameOf] of Object.entries(otherUsernames)) {
        test(`${who}, ${titleOf(options)}: TargetMismatch without a connection, and no password is changed`, async () => {
          const t = await target({ ...options, owner: false });
          await t.sql(`CREATE ROLE superuser_${t.id} LOGIN SUPERUSER PASSWORD 'b'`);

          const answer = await rotateAfterAttack(t, () => t.secret.put({ username: nameOf(t) }));

          await assertAdminNotLoggedIn(t);
          assert.equal(answer.errorType, "TargetMismatch", answer.errorMessage);
        });
      }

      test(`the clone's name, which belongs to another user, ${titleOf(options)}: its password is not changed`, async () => {
        const t = await target({ ...options, owner: false });
        const otherPassword = randomPassword();
        await t.sql(`CREATE ROLE ${t.clone} LOGIN PASSWORD '${otherPassword}'`);
        await t.sql(`GRANT ${t.clone} TO ${t.admin.username} WITH ADMIN OPTION`);

        await rotateAfterAttack(t, () => t.secret.put({ username: t.clone, password: otherPassword }));

        assert.equal(await t.postgres.canLogIn(t.clone, otherPassword), true);
      });

      test(`another user in the pending version, ${titleOf(options)}: no password is changed`, async () => {
        const t = await target({ ...options, owner: false });
        await t.register();
        const value = { username: t.victim, password: randomPassword() };

        const answer = await rotateAfterAttack(t, () => t.secret.put(value, ["AWSPENDING"], t.secret.token));

        assert.equal(answer.ok, false);
      });
    }

    test("the tag names x_clone, and x is another user, alternating-users: x keeps its password", async () => {
      const postgres = await sharedPostgres();
      const base = `x_${randomBytes(4).toString("hex")}`;
      const otherPassword = randomPassword();
      await postgres.query(`CREATE ROLE ${base} LOGIN PASSWORD '${otherPassword}'`);
      const t = await target({ ...withAdministrator.alternatingBySuperuser, user: `${base}_clone`, owner: false });
      const assertNoGain = await recordPrivileges(t);

      await rotateThreeTimes(t);

      assert.equal(await postgres.canLogIn(base, otherPassword), true);
      await assertNoGain();
    });

    for (const options of bothStrategies) {
      test(`the tag names the administrator itself, ${titleOf(options)}: refused, and its password is not changed`, async () => {
        const t = await target({ ...options, owner: false });
        const own = await target({
          ...options,
          user: `self_${t.id}`,
          owner: false,
          tags: { "secrets-rotation:username": `adm_${t.id}` },
          value: { ...t.admin },
          adminValue: { ...t.admin },
        });
        const assertNoGain = await recordPrivileges(t);

        const answer = await rotateThreeTimes(own);

        await assertNoGain();
        assert.equal(answer.ok, false);
      });
    }

    test("a user whose clone's name PostgreSQL would truncate to another user's name, alternating-users: that user keeps its password", async () => {
      const user = `u${randomBytes(29).toString("hex")}`.slice(0, 58);
      const truncated = `${user}_clon`;
      const otherPassword = randomPassword();
      const t = await target({ ...withAdministrator.alternatingBySuperuser, user, owner: false });
      await t.sql(`CREATE ROLE ${truncated} LOGIN PASSWORD '${otherPassword}'`);

      const answer = await t.rotate();

      assert.equal(await t.postgres.canLogIn(truncated, otherPassword), true);
      assert.equal(answer.ok, false);
    });
  }));
