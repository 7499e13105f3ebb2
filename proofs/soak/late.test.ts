import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Harness, openRotation } from "../world/harness";
import { singleUser, withAdmin } from "../world/scenario";
import { Late, watcherOf } from "./faults";

describe("a change whose connection broke, and which the server carries out after the rotation", function () {
  this.timeout(30_000);

  let stand: Harness;

  afterEach(() => stand.close());

  for (const scenario of [singleUser, withAdmin]) {
    it(`${scenario.name}: gives the user the same password again, and is awaited by the soak however long it takes`, async () => {
      const { harness, secret: subject } = await openRotation({ scenario });
      stand = harness;
      const { postgres } = stand;
      const verifier = async (): Promise<unknown> => {
        const { rows } = await stand.superuser.query("SELECT rolpassword FROM pg_authid WHERE rolname = $1", [
          subject.user,
        ]);
        return rows[0]?.rolpassword;
      };
      const waiting = `SELECT FROM pg_stat_activity WHERE application_name = 'secrets-rotation'
        AND wait_event_type = 'Lock' AND usename IN ('${subject.user}', 'admin_${subject.user}')`;
      const late = new Late();
      const byHand = { storePending: async () => undefined, editCurrent: async () => undefined };
      await subject.runStepsBefore("setSecret");
      let statements = 0;
      stand.effects.watcher = {
        async before(effect) {
          const isFirst = effect.name.startsWith("DO") && statements++ === 0;
          const faults = isFirst ? [{ kind: "late" as const, effect: 0, times: 1 }] : [];
          return watcherOf(stand, faults, late, byHand).before?.(effect);
        },
      };
      for (const step of ["setSecret", "testSecret", "finishSecret"] as const)
        assert.ok((await subject.runStep(step)).ok);
      assert.equal(statements, 2, "the change was not made a second time");
      const after = await verifier();

      await stand.superuser.query("BEGIN");
      await stand.superuser.query(`ALTER ROLE ${subject.user} CONNECTION LIMIT -1`);
      let over = false;
      const arrival = late.arrive().then(() => {
        over = true;
      });
      while ((await postgres.query(waiting)).rowCount === 0) await sleep(20);
      assert.equal(over, false, "the soak goes on before the server is done");
      await stand.superuser.query("ROLLBACK");
      await arrival;

      assert.notEqual(await verifier(), after, "the late change did not come");
      assert.ok(await subject.logsIn("AWSCURRENT"));
    });
  }
});
