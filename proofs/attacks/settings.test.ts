import assert from "node:assert/strict";
import fc from "fast-check";
import { escapeLiteral } from "pg";
import { servers } from "../world/servers";
import { nothingGained } from "./gain";
import { managed, type Target, type TargetOptions, target, titleOf } from "./target";

const numRuns = Number(process.env.ATTACK_RUNS ?? 3);

/** Rotates three times, after which nobody has more than before, and the password that is current logs in. */
async function rotatesInVain(t: Target): Promise<void> {
  const gainedNothing = await nothingGained(t);
  for (let turn = 1; turn <= 3; turn++) {
    const answer = await t.rotate();
    if (!answer.ok) await gainedNothing();
    assert.deepEqual(answer, { ok: true }, `rotation ${turn}`);
  }
  await gainedNothing();
  assert.equal(await t.logsIn("AWSCURRENT"), true);
}

/** What an attacker has the administrator run, if it can: what such an administrator may do. */
function loot({ user, strong, victim }: Target, admin: "CREATEROLE" | "SUPERUSER"): string[] {
  return admin === "SUPERUSER"
    ? [`ALTER ROLE ${user} SUPERUSER`]
    : [`GRANT ${strong} TO ${user}`, `ALTER ROLE ${victim} PASSWORD NULL`];
}

/** A value that a careless quoting takes for the end of a name or literal, with the statement behind it. */
const disguises: Readonly<Record<string, (statement: string) => string>> = {
  "bare words and comments": (statement) => `public;${statement.replaceAll(" ", "/**/")};--`,
  "an element with a quote": (statement) => `public, "x'; ${statement}; --"`,
  "an element with a doubled quote": (statement) => `"x""; ${statement}; --", public`,
  "an element that is nothing but quotes": (statement) => `"""""", "; ${statement}; --", """"`,
  "an element with dollar quotes": (statement) => `"$$; ${statement}; $$", "$_$"`,
  "an element with a backslash and a placeholder": (statement) => `"\\'; ${statement}; --", "%I%L%s$1"`,
  "an element with a line break": (statement) => `public, "x\n; ${statement};\n--"`,
};

describe("attack by settings that hold statements", () => {
  for (const options of managed.filter(({ strategy }) => strategy === "alternating-users")) {
    for (const [what, disguise] of Object.entries(disguises)) {
      it(`search_path with ${what}, ${titleOf(options)}: the user gains nothing, and the password is rotated`, async () => {
        const t = await target({ ...options, owner: false });
        for (const [index, statement] of loot(t, options.admin).entries()) {
          const where = index === 0 ? "" : "IN DATABASE postgres ";
          const value = escapeLiteral(disguise(statement));
          await t.as(
            t.user,
            `SELECT set_config('search_path', ${value}, false); ALTER ROLE ${t.user} ${where}SET search_path FROM CURRENT`,
          );
        }
        await rotatesInVain(t);
      });
    }
  }

  const text = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "'",
          '"',
          "\\",
          ";",
          "--",
          "/*",
          "*/",
          "$$",
          "$a$",
          "%I",
          "%L",
          "%s",
          ",",
          " ",
          "\n",
          "=",
          "{",
          "}",
        ),
        fc.constant("ALTER ROLE app_user SUPERUSER"),
        fc.string({ unit: "grapheme", maxLength: 3 }).map((part) => part.replaceAll("\0", "")),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(""));

  it("any text in any kind of setting, alternating-users: the user gains nothing, and the clone's settings are the user's", async () => {
    const values = fc.record({
      search_path: fc.uniqueArray(
        text.map((name) =>
          Buffer.from(name || "x")
            .subarray(0, 40)
            .toString(),
        ),
        { maxLength: 4, minLength: 1 },
      ),
      "app.user": text,
      "app.select": text,
      application_name: text,
    });
    await fc.assert(
      fc.asyncProperty(values, async (chosen) => {
        const t = await target({ strategy: "alternating-users", admin: "SUPERUSER", owner: false });
        const settings = Object.entries(chosen).map(([name, value]) => {
          const written = [value]
            .flat()
            .map((part) => escapeLiteral(part))
            .join(", ");
          return `ALTER ROLE ${t.user} SET ${name
            .split(".")
            .map((part) => `"${part}"`)
            .join(".")} = ${written}`;
        });
        // From 15 on a user may not make settings of a custom name for itself: they are what it was given.
        await t.sql(settings.join(";\n").replaceAll("app_user", t.user));
        await rotatesInVain(t);
        const [row] = await t.sql(
          `SELECT (SELECT array_agg(c ORDER BY c) FROM pg_db_role_setting, unnest(setconfig) c WHERE setrole = '${t.user}'::regrole) =
             (SELECT array_agg(c ORDER BY c) FROM pg_db_role_setting, unnest(setconfig) c WHERE setrole = '${t.clone}'::regrole AND c NOT LIKE 'role=%') AS alike`,
        );
        assert.deepEqual(row, { alike: true });
      }),
      { numRuns, includeErrorInReport: true },
    );
  });
});

/** Values under which a statement, its result or a whole session means or does something else. */
const disturbing: Readonly<Record<string, string>> = {
  default_transaction_read_only: "on",
  default_transaction_isolation: "serializable",
  default_transaction_deferrable: "on",
  statement_timeout: "1",
  lock_timeout: "1",
  transaction_timeout: "1",
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

/** Sets what this server knows, as far as the user may, for the role, for the role in its database, and for the database. */
async function disturb({ as, user, database }: Target, settings: Readonly<Record<string, string>>): Promise<void> {
  const statements = Object.entries(settings).flatMap(([name, value]) =>
    [`ROLE ${user}`, `ROLE ${user} IN DATABASE ${database}`, `DATABASE ${database}`].map(
      (whose) =>
        `BEGIN EXECUTE ${escapeLiteral(`ALTER ${whose} SET ${name} = ${escapeLiteral(value)}`)}; EXCEPTION WHEN OTHERS THEN END;`,
    ),
  );
  await as(user, `DO ${escapeLiteral(`BEGIN\n${statements.join("\n")}\nEND`)}`);
}

const ways: readonly TargetOptions[] = [{ strategy: "single-user" }, managed[0], managed[3]];

for (const { name, start } of servers()) {
  describe(`attack by settings that disturb a session, ${name}`, function () {
    this.timeout(120_000);

    for (const options of ways) {
      it(`all that are known, ${titleOf(options)}: the password is rotated, and the user gains nothing`, async () => {
        const t = await target({ ...options, postgres: await start(), adminDatabase: "own" });
        await disturb(t, disturbing);
        await rotatesInVain(t);
      });

      it(`any that a user may set, at any value, ${titleOf(options)}: the password is rotated, and the user gains nothing`, async () => {
        const postgres = await start();
        const { rows } = await postgres.query<{ name: string; values: string[] }>(
          `SELECT name, CASE vartype WHEN 'bool' THEN ARRAY[CASE setting WHEN 'on' THEN 'off' ELSE 'on' END]
             WHEN 'enum' THEN enumvals ELSE ARRAY[min_val, max_val, '1'] END AS values
           FROM pg_settings WHERE context IN ('user', 'backend') AND vartype <> 'string'
             AND name NOT LIKE 'transaction\\_%' ORDER BY name`,
        );
        const settings = fc.tuple(
          ...rows.map(({ name, values }) => fc.constantFrom(...values).map((value) => [name, value] as const)),
        );
        await fc.assert(
          fc.asyncProperty(settings, async (chosen) => {
            const t = await target({ ...options, postgres, adminDatabase: "own" });
            await disturb(t, Object.fromEntries(chosen));
            await rotatesInVain(t);
          }),
          { numRuns: Math.ceil(numRuns / 3), endOnFailure: true, includeErrorInReport: true },
        );
      });
    }
  });
}
