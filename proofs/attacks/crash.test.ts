import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Postgres, startPostgres } from "../../emulators/postgres/postgres";
import { sharedPostgres } from "../world/sharedPostgres";
import { type AttackTarget, target, titleOf, withAdministrator } from "./target";

describe("a crash of the server right after testSecret, with synchronous_commit = off of the user and its database", function () {
  this.timeout(60_000);
  const ways = [
    { strategy: "single-user" },
    withAdministrator.single,
    withAdministrator.alternatingBySuperuser,
  ] as const;
  const targets: AttackTarget[] = [];
  let postgres: Postgres;

  before(async () => {
    postgres = await startPostgres({
      authority: (await sharedPostgres()).authority,
      // A commit that is not waited for stays in memory until another commit.
      settings: { synchronous_commit: true, wal_writer_delay: "10s", checkpoint_timeout: "1h" },
    });
    for (const options of ways) {
      const t = await target({ ...options, postgres, adminDatabase: "own" });
      await t.as(
        t.user,
        `ALTER ROLE ${t.user} SET synchronous_commit = off; ALTER DATABASE ${t.database} SET synchronous_commit = off`,
      );
      targets.push(t);
    }
  });
  after(() => postgres?.stop());

  /** Ends all processes of the server without a write, as a power failure does, and starts it again. */
  async function crash(): Promise<void> {
    const [pid] = readFileSync(join(postgres.dataDir, "postmaster.pid"), "utf8").split("\n");
    process.kill(Number(pid), "SIGQUIT");
    await postgres.restart();
  }

  for (const [index, options] of ways.entries()) {
    it(`${titleOf(options)}: the new password logs in`, async () => {
      const t = targets[index];
      assert.ok(t);
      await t.register();
      for (const step of ["createSecret", "setSecret", "testSecret"] as const) {
        assert.deepEqual(await t.runStep(step), { ok: true }, step);
      }

      await crash();

      assert.equal(await t.logsIn("AWSPENDING"), true);
      assert.deepEqual(await t.runStep("finishSecret"), { ok: true });
    });
  }
});
