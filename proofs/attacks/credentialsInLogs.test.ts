import assert from "node:assert/strict";
import { type Postgres, startPostgres } from "../../emulators/postgres/postgres";
import { findLeaks, type Leak, Ledger } from "../world/ledger";
import { sharedPostgres } from "../world/sharedPostgres";
import { assertRotates } from "./assertions";
import { type AttackTarget, type AttackTargetOptions, target, titleOf, withAdministrator } from "./target";

const ways: readonly AttackTargetOptions[] = [
  { strategy: "single-user" },
  withAdministrator.singleBySuperuser,
  withAdministrator.alternating,
];

/** Settings of a user or a database owner that make the server log more. */
const verboseSettings: Readonly<Record<string, string>> = {
  debug_print_parse: "on",
  debug_print_rewritten: "on",
  debug_print_plan: "on",
  exit_on_error: "on",
  log_parameter_max_length_on_error: "-1",
  client_min_messages: "debug5",
};

describe("no credential in the log of a server that logs everything", function () {
  this.timeout(60_000);
  let postgres: Postgres;

  before(async () => {
    postgres = await startPostgres({
      authority: (await sharedPostgres()).authority,
      settings: {
        shared_preload_libraries: "pg_stat_statements, auto_explain",
        "pg_stat_statements.track": "all",
        "auto_explain.log_min_duration": 0,
        "auto_explain.log_nested_statements": true,
        "auto_explain.log_analyze": true,
        "auto_explain.log_verbose": true,
        log_statement: "all",
        log_duration: true,
        log_parameter_max_length_on_error: -1,
        log_lock_waits: true,
        log_error_verbosity: "verbose",
      },
    });
    await postgres.query("CREATE EXTENSION pg_stat_statements");
  });
  after(() => postgres?.stop());

  /** @returns a function that searches pg_stat_statements, and both logs from now on, for the target's credentials */
  async function startSearch(t: AttackTarget): Promise<() => Promise<Leak[]>> {
    await postgres.query("SELECT pg_stat_statements_reset()");
    const from = (await postgres.completeLog()).length;
    const ledger = new Ledger();
    return async () => {
      for (const label of ["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"] as const) {
        const password = t.secret.credentials(label)?.password;
        if (password !== undefined) ledger.passwords.add(password);
      }
      ledger.passwords.add(t.admin.password);
      const verifiers = await t.sql(`SELECT rolpassword FROM pg_authid WHERE rolname IN ('${t.user}', '${t.clone}')`);
      for (const { rolpassword } of verifiers) ledger.note(String(rolpassword));
      assert.ok(ledger.verifiers.size > 0, "no verifier is known");
      const log = (await postgres.completeLog()).slice(from);
      const statements = await t.sql(
        "SELECT string_agg(query, E'\\n') AS text FROM public.pg_stat_statements",
        "postgres",
      );
      const texts = { log, pg_stat_statements: String(statements[0]?.text), "the function's log": t.log().join("\n") };
      return findLeaks(ledger, texts);
    };
  }

  /** A verifier in pg_stat_statements with track = all: no setting of a session prevents this. */
  const knownLimit = ({ kind, source }: Leak): boolean => kind === "verifier" && source === "pg_stat_statements";

  for (const options of ways) {
    for (const what of ["unchanged", "with a user that makes the server log more"]) {
      it(`${titleOf(options)}, ${what}: no password, and no verifier except in pg_stat_statements`, async () => {
        const t = await target({ ...options, postgres, adminDatabase: "own" });
        if (what !== "unchanged") {
          for (const [name, value] of Object.entries(verboseSettings)) {
            await t.as(
              t.user,
              `ALTER ROLE ${t.user} SET ${name} = '${value}'; ALTER DATABASE ${t.database} SET ${name} = '${value}'`,
            );
          }
        }
        const leaks = await startSearch(t);

        for (let turn = 1; turn <= 3; turn++) {
          await assertRotates(t);
          assert.deepEqual(
            (await leaks()).filter((leak) => !knownLimit(leak)),
            [],
          );
        }
      });
    }

    it(`${titleOf(options)}, PASSWORD_FORM=plaintext: PasswordTracked, before the server gets the password`, async () => {
      const t = await target({ ...options, postgres, environment: { PASSWORD_FORM: "plaintext" } });
      const leaks = await startSearch(t);

      const answer = await t.rotate();

      assert.equal(answer.ok ? "" : answer.errorType, "PasswordTracked");
      assert.equal(await t.logsIn("AWSCURRENT"), true);
      assert.deepEqual(await leaks(), []);
    });

    it(`${titleOf(options)}, a change that fails: no password, and no verifier except in pg_stat_statements`, async () => {
      const t = await target({ ...options, postgres });
      await t.rotate();
      const leaks = await startSearch(t);
      const lockHolder = await t.postgres.connect({ user: "postgres", password: t.postgres.superuserPassword });
      await lockHolder.query(
        `BEGIN; ALTER ROLE ${t.user} CONNECTION LIMIT 5; ALTER ROLE ${t.admin.username} CONNECTION LIMIT 5`,
      );
      await t.register();
      await t.runStep("createSecret");
      const change = t.runStep("setSecret");
      await waitUntilBlocked(t);
      await t.sql(
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'secrets-rotation'`,
        "postgres",
      );

      await change;

      await lockHolder.query("ROLLBACK");
      await lockHolder.end();
      assert.deepEqual(
        (await leaks()).filter((leak) => !knownLimit(leak)),
        [],
      );
    });
  }

  /** Resolves once a session of the function waits for a lock, or has ended. */
  async function waitUntilBlocked(t: AttackTarget): Promise<void> {
    for (let look = 0; look < 200; look++) {
      const [row] = await t.sql(
        `SELECT count(*) FILTER (WHERE wait_event_type = 'Lock')::int AS waiting FROM pg_stat_activity WHERE application_name = 'secrets-rotation'`,
        "postgres",
      );
      if (Number(row?.waiting) > 0) return;
    }
  }
});
