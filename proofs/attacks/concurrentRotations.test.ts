import assert from "node:assert/strict";
import { servers, thorough } from "../world/servers";
import { target, withAdministrator } from "./target";

const alternating = { ...withAdministrator.alternating, owner: false } as const;

for (const [index, { name, start }] of servers().entries()) {
  const many = index === 0 || thorough ? 40 : 10;

  describe(`rotations at the same time, ${name}`, function () {
    this.timeout(60_000);

    it(`first rotations of ${many} alternating users of one database: all succeed at the first attempt`, async () => {
      const postgres = await start();
      const targets = await Promise.all(Array.from({ length: many }, () => target({ ...alternating, postgres })));

      const answers = await Promise.all(targets.map((t) => t.rotate()));

      assert.deepEqual(
        answers.filter(({ ok }) => !ok),
        [],
      );
      const logins = await Promise.all(targets.flatMap((t) => [t.logsIn("AWSCURRENT"), t.logsIn("AWSPREVIOUS")]));
      assert.ok(logins.every(Boolean), "a user can't log in");
    });

    for (const options of [{ ...alternating }, { ...alternating, strategy: "single-user" }] as const) {
      it(`four invocations of setSecret for one secret, ${options.strategy}: all succeed, and the password logs in`, async () => {
        const t = await target({ ...options, postgres: await start() });
        await t.register();
        await t.runStep("createSecret");

        const answers = await Promise.all(Array.from({ length: 4 }, () => t.runStep("setSecret")));

        for (const answer of answers) assert.deepEqual(answer, { ok: true });
        assert.equal(await t.logsIn("AWSPENDING"), true);
        assert.deepEqual(
          [await t.runStep("testSecret"), await t.runStep("finishSecret")],
          [{ ok: true }, { ok: true }],
        );
      });

      it(`four secrets of one user, ${options.strategy}: each setSecret succeeds at the first attempt`, async () => {
        const t = await target({ ...options, postgres: await start() });
        const others = await Promise.all(
          [1, 2, 3].map(() => target({ ...options, postgres: t.postgres, sameUserAs: t })),
        );
        const all = [t, ...others];
        await Promise.all(all.map(async (each) => [await each.register(), await each.runStep("createSecret")]));

        const answers = await Promise.all(all.map((each) => each.runStep("setSecret")));

        for (const answer of answers) assert.deepEqual(answer, { ok: true });
        const logins = await Promise.all(all.map((each) => each.logsIn("AWSPENDING")));
        assert.equal(logins.filter(Boolean).length, 1, "one of the four passwords logs in");
      });
    }
  });
}
