import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type OpenRotation, openRotation } from "../world/harness";
import { singleUser, withAdmin } from "../world/scenario";
import { faultWatcher, LateRequests } from "./faults";

describe("a change whose connection broke, and which the server executes after the rotation", function () {
  this.timeout(30_000);

  let rotation: OpenRotation | undefined;

  afterEach(() => rotation?.harness.close());

  for (const scenario of [singleUser, withAdmin]) {
    it(`${scenario.name}: sets the same password again, and the soak waits for it`, async () => {
      rotation = await openRotation({ scenario });
      const { harness, secret } = rotation;
      const { postgres } = harness;
      const verifier = async (): Promise<unknown> => {
        const { rows } = await harness.superuser.query("SELECT rolpassword FROM pg_authid WHERE rolname = $1", [
          secret.user,
        ]);
        return rows[0]?.rolpassword;
      };
      const waiting = `SELECT FROM pg_stat_activity WHERE application_name = 'secrets-rotation'
        AND wait_event_type = 'Lock' AND usename IN ('${secret.user}', 'admin_${secret.user}')`;
      const late = new LateRequests();
      const byHand = { storePending: async () => undefined, editCurrent: async () => undefined };
      await secret.runStepsBefore("setSecret");
      let statements = 0;
      harness.effects.watcher = {
        async before(effect) {
          const isFirst = effect.name.startsWith("DO") && statements++ === 0;
          const faults = isFirst ? [{ kind: "late" as const, effect: 0, times: 1 }] : [];
          return faultWatcher(harness, faults, late, byHand).before?.(effect);
        },
      };
      for (const step of ["setSecret", "testSecret", "finishSecret"] as const)
        assert.ok((await secret.runStep(step)).ok);
      assert.equal(statements, 2, "the function did not retry the change");
      const after = await verifier();

      await harness.superuser.query("BEGIN");
      await harness.superuser.query(`ALTER ROLE ${secret.user} CONNECTION LIMIT -1`);
      let over = false;
      const arrival = late.release().then(() => {
        over = true;
      });
      while ((await postgres.query(waiting)).rowCount === 0) await sleep(20);
      assert.equal(over, false, "the soak did not wait for the server");
      await harness.superuser.query("ROLLBACK");
      await arrival;

      assert.notEqual(await verifier(), after, "the late change was not executed");
      assert.ok(await secret.logsIn("AWSCURRENT"));
    });
  }
});
