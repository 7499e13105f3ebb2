import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Postgres, startPostgres } from "../../emulators/postgres/postgres";
import { type Harness, openRotation } from "../world/harness";
import { findLeaks } from "../world/ledger";
import type { TestSecret } from "../world/testSecret";

/** PostgreSQL logs statements that wait or fail, including nested statements. */
describe("a change that waits for a lock", () => {
  let postgres: Postgres;
  let harness: Harness;
  let secret: TestSecret;

  before(async () => {
    postgres = await startPostgres({ settings: { log_lock_waits: true, deadlock_timeout: "100ms" } });
  });

  after(() => postgres.stop());

  beforeEach(async () => {
    ({ harness, secret } = await openRotation({ postgres }));
    await secret.runStepsBefore("setSecret");
  });

  afterEach(() => harness.close());

  /** @returns the PostgreSQL process that waits for the lock */
  async function waitingBackend(): Promise<number | undefined> {
    const { rows } = await postgres.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'secrets-rotation' AND wait_event_type = 'Lock'",
    );
    return rows[0]?.pid;
  }

  async function waitUntil(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await sleep(20);
  }

  for (const [what, interfere] of [
    ["continues after the lock is released", undefined],
    ["is canceled", "pg_cancel_backend"],
    ["loses its session", "pg_terminate_backend"],
  ] as const) {
    it(`leaves no verifier in the server's log when it ${what}`, async () => {
      const { superuser } = harness;
      await superuser.query("BEGIN");
      await superuser.query(`ALTER ROLE ${secret.user} CONNECTION LIMIT 7`);
      const logged = postgres.log().length;
      const outcome = secret.runStep("setSecret");
      await waitUntil(async () => (await waitingBackend()) !== undefined);
      const pid = await waitingBackend();
      await waitUntil(async () => postgres.log().includes(`[${pid}] LOG:  process ${pid} still waiting for`, logged));
      if (interfere !== undefined) {
        await postgres.query(`SELECT ${interfere}($1)`, [pid]);
        await waitUntil(async () => (await waitingBackend()) !== pid);
      }
      await superuser.query("ROLLBACK");
      const { ok } = await outcome;

      assert.equal(ok, what !== "is canceled");
      const log = await postgres.completeLog();
      assert.deepEqual(findLeaks(harness.ledger, { PostgreSQL: log, function: harness.log.join("\n") }), []);
    });
  }

  it("ends in the server before the function's own time limit, so that it never takes effect after its error", async () => {
    const { proxy } = harness;
    let timeout: unknown;
    proxy.watch = ((watch) => (moment, exchange) => {
      timeout ??= /statement_timeout=(\d+)/.exec(exchange.request)?.[1];
      return watch?.(moment, exchange);
    })(proxy.watch);

    assert.ok((await secret.runStep("setSecret")).ok);

    // The function's own limit for a statement is 20 s, rotation-fn/database/session.ts.
    assert.ok(Number(timeout) > 0 && Number(timeout) < 20_000, String(timeout));
  });
});
