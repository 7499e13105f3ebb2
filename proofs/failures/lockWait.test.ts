import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Postgres, startPostgres } from "../../emulators/postgres/postgres";
import { findLeaks } from "../world/ledger";
import { type Bench, openBench } from "./bench";

/** What PostgreSQL logs of a statement in trouble quotes the statement, and what it runs in turn. */
describe("a change that waits for a lock", () => {
  let postgres: Postgres;
  let bench: Bench;

  before(async () => {
    postgres = await startPostgres({ settings: { log_lock_waits: true, deadlock_timeout: "100ms" } });
  });

  after(() => postgres.stop());

  beforeEach(async () => {
    bench = await openBench(postgres, { strategy: "single-user" });
    await bench.takeUpTo("setSecret");
  });

  afterEach(() => bench.close());

  /** The process of PostgreSQL that waits for the lock. */
  async function waitingBackend(): Promise<number | undefined> {
    const { rows } = await postgres.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'secrets-rotation' AND wait_event_type = 'Lock'",
    );
    return rows[0]?.pid;
  }

  /** Waits for a state and not for a time: a busy machine takes longer. */
  async function until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await sleep(20);
  }

  for (const [what, interfere] of [
    ["goes on when the lock is free", undefined],
    ["is cancelled", "pg_cancel_backend"],
    ["loses its session", "pg_terminate_backend"],
  ] as const) {
    it(`leaves no verifier in the server's log when it ${what}`, async () => {
      const { stand, subject } = bench.setting;
      await stand.superuser.query("BEGIN");
      await stand.superuser.query(`ALTER ROLE ${subject.user} CONNECTION LIMIT 7`);
      const logged = postgres.log().length;
      const outcome = bench.take("setSecret");
      await until(async () => (await waitingBackend()) !== undefined);
      const pid = await waitingBackend();
      await until(async () => postgres.log().includes(`[${pid}] LOG:  process ${pid} still waiting for`, logged));
      if (interfere !== undefined) {
        await postgres.query(`SELECT ${interfere}($1)`, [pid]);
        await until(async () => (await waitingBackend()) !== pid);
      }
      await stand.superuser.query("ROLLBACK");
      const { ok } = await outcome;

      assert.equal(ok, what !== "is cancelled");
      const log = await postgres.completeLog();
      assert.deepEqual(findLeaks(stand.ledger, { PostgreSQL: log, function: bench.log.join("\n") }), []);
    });
  }

  it("is given up by the server before the function gives it up: it never comes later than its error", async () => {
    const { stand } = bench.setting;
    let timeout: unknown;
    stand.proxy.watch = ((watch) => (moment, exchange) => {
      timeout ??= /statement_timeout=(\d+)/.exec(exchange.request)?.[1];
      return watch?.(moment, exchange);
    })(stand.proxy.watch);

    assert.ok((await bench.take("setSecret")).ok);

    // The function's own limit for a statement is 20 s, rotation-fn/database.ts.
    assert.ok(Number(timeout) > 0 && Number(timeout) < 20_000, String(timeout));
  });
});
