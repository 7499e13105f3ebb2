import assert from "node:assert/strict";
import fc from "fast-check";
import { escapeLiteral } from "pg";
import type { Postgres } from "../../emulators/postgres/postgres";
import { concurrentTests } from "../mocha/concurrentTests";
import { servers, thorough } from "../world/servers";
import { assertRotatesWithoutGain } from "./privileges";
import { type AttackTarget, type AttackTargetOptions, target, titleOf, withAdministrator } from "./target";

const numRuns = Number(process.env.ATTACK_RUNS ?? 1);

/** Values that change the effect or the result of a statement, or of the whole session. */
const disturbingSettings: Readonly<Record<string, string>> = {
  default_transaction_read_only: "on",
  default_transaction_isolation: "serializable",
  default_transaction_deferrable: "on",
  statement_timeout: "1",
  lock_timeout: "1",
  // On a busy machine, shorter limits would end the login itself, before the session can set anything.
  transaction_timeout: "100",
  idle_session_timeout: "1",
  idle_in_transaction_session_timeout: "1",
  client_min_messages: "debug5",
  exit_on_error: "on",
  debug_print_parse: "on",
  DateStyle: "SQL, DMY",
  IntervalStyle: "iso_8601",
  TimeZone: "Pacific/Chatham",
  quote_all_identifiers: "on",
  standard_conforming_strings: "off",
  escape_string_warning: "on",
  backslash_quote: "on",
  transform_null_equals: "on",
  array_nulls: "off",
  bytea_output: "escape",
  row_security: "off",
  "plpgsql.extra_errors": "all",
  "plpgsql.variable_conflict": "use_column",
  "plpgsql.check_asserts": "on",
  local_preload_libraries: "no_such_library",
  password_encryption: "md5",
  createrole_self_grant: "set, inherit",
  post_auth_delay: "2000",
  restrict_nonsystem_relation_kind: "view",
  search_path: "",
  role: "pg_monitor",
};

/**
 * Applies settings to the role, to the role in its database, and to the database. Skips those that the user may not
 * set.
 */
async function applySettings(
  { as, user, database }: AttackTarget,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const statements = Object.entries(settings).flatMap(([name, value]) =>
    [`ROLE ${user}`, `ROLE ${user} IN DATABASE ${database}`, `DATABASE ${database}`].map(
      (whose) =>
        `BEGIN EXECUTE ${escapeLiteral(`ALTER ${whose} SET ${name} = ${escapeLiteral(value)}`)}; EXCEPTION WHEN OTHERS THEN END;`,
    ),
  );
  await as(user, `DO ${escapeLiteral(`BEGIN\n${statements.join("\n")}\nEND`)}`);
}

const ways: readonly AttackTargetOptions[] = [
  { strategy: "single-user" },
  withAdministrator.single,
  withAdministrator.alternatingBySuperuser,
];

/** Every setting that a user may set on this server, with another value than its own. */
async function anySettings(postgres: Postgres): Promise<fc.Arbitrary<Record<string, string>>> {
  const { rows } = await postgres.query<{ name: string; values: string[] }>(
    `SELECT name, CASE vartype WHEN 'bool' THEN ARRAY[CASE setting WHEN 'on' THEN 'off' ELSE 'on' END]
       WHEN 'enum' THEN enumvals ELSE ARRAY[min_val, max_val, CASE name WHEN 'transaction_timeout' THEN '100' ELSE '1' END] END AS values
     FROM pg_settings WHERE context IN ('user', 'backend') AND vartype <> 'string'
       AND name NOT LIKE 'transaction\\_%' ORDER BY name`,
  );
  return fc.record(Object.fromEntries(rows.map(({ name, values }) => [name, fc.constantFrom(...values)])));
}

/** The administrator logs in to the user's database, so only the settings of the session itself protect it. */
async function attack(options: AttackTargetOptions, settings: Readonly<Record<string, string>>): Promise<void> {
  const t = await target({ ...options, adminDatabase: "own" });
  await applySettings(t, settings);
  await assertRotatesWithoutGain(t);
}

for (const [index, { name, start }] of servers().entries()) {
  describe(`attack by settings that disturb a session, ${name}`, function () {
    this.timeout(120_000);
    concurrentTests((test) => {
      for (const options of ways) {
        test(`all known ones, ${titleOf(options)}: the password is rotated, and the user gains no privilege`, async () =>
          attack({ ...options, postgres: await start() }, disturbingSettings));
        if (index > 0 && !thorough) continue;
        test(`any that a user may set, at any value, ${titleOf(options)}: the password is rotated, and the user gains no privilege`, async () => {
          const postgres = await start();
          const property = fc.asyncProperty(await anySettings(postgres), (settings) =>
            attack({ ...options, postgres }, settings),
          );
          await fc.assert(property, { numRuns, endOnFailure: true, includeErrorInReport: true });
        });
      }
    });
  });
}

describe("attack by password_encryption = md5, when the function sends the password", () =>
  concurrentTests((test) => {
    for (const options of ways) {
      test(`${titleOf(options)}: the server stores a SCRAM verifier`, async () => {
        const t = await target({ ...options, adminDatabase: "own", environment: { PASSWORD_FORM: "plaintext" } });
        await applySettings(t, { password_encryption: "md5" });

        await assertRotatesWithoutGain(t);

        const rows = await t.sql(
          `SELECT rolpassword FROM pg_authid WHERE rolname = '${t.secret.credentials("AWSCURRENT")?.username}'`,
        );
        assert.match(String(rows[0]?.rolpassword), /^SCRAM-SHA-256\$/);
      });
    }
  }));
