import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { concurrentTests } from "../mocha/concurrentTests";
import { randomPassword, sharedPostgres } from "../world/sharedPostgres";
import { assertAdminNotLoggedIn, rotateThreeTimes } from "./assertions";
import { nothingGained, rotateAttacked } from "./gain";
import { type AttackTarget, bothWays, managed, target, titleOf } from "./target";

describe("attack by a value that names another user", () =>
  concurrentTests((test) => {
    const others: Readonly<Record<string, (t: AttackTarget) => string>> = {
      "another user": ({ victim }) => victim,
      "the administrator itself": ({ admin }) => admin.username,
      "a superuser": ({ id }) => `boss_${id}`,
      "the clone of the clone": ({ clone }) => `${clone}_clone`,
      "the user in capitals": ({ user }) => user.toUpperCase(),
      "the user with a blank": ({ user }) => `${user} `,
      "the user with an invisible character": ({ user }) => `${user}\u200b`,
    };
    for (const options of bothWays) {
      for (const [who, nameOf] of Object.entries(others)) {
        test(`${who}, ${titleOf(options)}: TargetMismatch without a connection, and no password is changed`, async () => {
          const t = await target({ ...options, owner: false });
          await t.sql(`CREATE ROLE boss_${t.id} LOGIN SUPERUSER PASSWORD 'b'`);

          const answer = await rotateAttacked(t, () => t.secret.put({ username: nameOf(t) }));

          await assertAdminNotLoggedIn(t);
          assert.equal(answer.errorType, "TargetMismatch", answer.errorMessage);
        });
      }

      test(`the clone's name, which belongs to another user, ${titleOf(options)}: its password is not changed`, async () => {
        const t = await target({ ...options, owner: false });
        const theirs = randomPassword();
        await t.sql(`CREATE ROLE ${t.clone} LOGIN PASSWORD '${theirs}'`);
        await t.sql(`GRANT ${t.clone} TO ${t.admin.username} WITH ADMIN OPTION`);

        await rotateAttacked(t, () => t.secret.put({ username: t.clone, password: theirs }));

        assert.equal(await t.postgres.canLogIn(t.clone, theirs), true);
      });

      test(`another user in the pending version, ${titleOf(options)}: no password is changed`, async () => {
        const t = await target({ ...options, owner: false });
        await t.register();
        const value = { username: t.victim, password: randomPassword() };

        const answer = await rotateAttacked(t, () => t.secret.put(value, ["AWSPENDING"], t.secret.token));

        assert.equal(answer.ok, false);
      });
    }

    test("the tag names x_clone, and x is another user, alternating-users: x keeps its password", async () => {
      const postgres = await sharedPostgres();
      const base = `x_${randomBytes(4).toString("hex")}`;
      const theirs = randomPassword();
      await postgres.query(`CREATE ROLE ${base} LOGIN PASSWORD '${theirs}'`);
      const t = await target({ ...managed.alternatingBySuperuser, user: `${base}_clone`, owner: false });
      const gainedNothing = await nothingGained(t);

      await rotateThreeTimes(t);

      assert.equal(await postgres.canLogIn(base, theirs), true);
      await gainedNothing();
    });

    for (const options of bothWays) {
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
        const gainedNothing = await nothingGained(t);

        const answer = await rotateThreeTimes(own);

        await gainedNothing();
        assert.equal(answer.ok, false);
      });
    }

    test("a user whose clone's name PostgreSQL would truncate to another user's name, alternating-users: that user keeps its password", async () => {
      const user = `u${randomBytes(29).toString("hex")}`.slice(0, 58);
      const cut = `${user}_clon`;
      const theirs = randomPassword();
      const t = await target({ ...managed.alternatingBySuperuser, user, owner: false });
      await t.sql(`CREATE ROLE ${cut} LOGIN PASSWORD '${theirs}'`);

      const answer = await t.rotate();

      assert.equal(await t.postgres.canLogIn(cut, theirs), true);
      assert.equal(answer.ok, false);
    });
  }));
