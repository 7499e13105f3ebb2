import assert from "node:assert/strict";
import fc from "fast-check";
import { escapeLiteral } from "pg";
import { concurrentTests } from "../mocha/concurrentTests";
import { thorough } from "../world/servers";
import { assertRotatesWithoutGain } from "./privileges";
import { type AdministratorOptions, type AttackTarget, target, titleOf, withAdministrator } from "./target";

const numRuns = Number(process.env.ATTACK_RUNS ?? 3);

/** Statements that the user tries to run with the administrator's privileges. */
function injectedStatements({ user, group, victim }: AttackTarget, admin: "CREATEROLE" | "SUPERUSER"): string[] {
  return admin === "SUPERUSER"
    ? [`ALTER ROLE ${user} SUPERUSER`]
    : [`GRANT ${group} TO ${user}`, `ALTER ROLE ${victim} PASSWORD NULL`];
}

/** Values that, without correct quoting, end an identifier or a literal and start a statement. */
const injections: Readonly<Record<string, (statement: string) => string>> = {
  "an element with a quote": (statement) => `public, "x'; ${statement}; --"`,
  "an element with a doubled quote": (statement) => `"x""; ${statement}; --", public`,
  "an element that is nothing but quotes": (statement) => `"""""", "; ${statement}; --", """"`,
  "an element with dollar quotes": (statement) => `"$$; ${statement}; $$", "$_$"`,
  "an element with a backslash and a placeholder": (statement) => `"\\'; ${statement}; --", "%I%L%s$1"`,
  "an element with a line break": (statement) => `public, "x\n; ${statement};\n--"`,
  "bare words and comments": (statement) => `public;${statement.replaceAll(" ", "/**/")};--`,
};

describe("attack by settings that contain statements", () => {
  const attack = (options: AdministratorOptions, disguise: (statement: string) => string) => async () => {
    const t = await target({ ...options, owner: false });
    for (const [index, statement] of injectedStatements(t, options.admin).entries()) {
      const where = index === 0 ? "" : "IN DATABASE postgres ";
      const value = escapeLiteral(disguise(statement));
      await t.as(
        t.user,
        `SELECT set_config('search_path', ${value}, false); ALTER ROLE ${t.user} ${where}SET search_path FROM CURRENT`,
      );
    }
    await assertRotatesWithoutGain(t);
  };
  for (const options of [withAdministrator.alternating, withAdministrator.alternatingBySuperuser]) {
    describe(titleOf(options), () =>
      concurrentTests((test) => {
        for (const [what, disguise] of Object.entries(injections).slice(
          options.admin === "SUPERUSER" && !thorough ? 5 : 0,
        )) {
          test(
            `search_path with ${what}: the user gains nothing, and the password is rotated`,
            attack(options, disguise),
          );
        }
      }),
    );
  }

  const text = fc
    .array(
      fc.oneof(
        fc.constantFrom(..."'\"\\;, \n={}", "--", "/*", "*/", "$$", "$a$", "%I", "%L", "%s"),
        fc.constant("ALTER ROLE app_user SUPERUSER"),
        fc.string({ unit: "grapheme", maxLength: 3 }).map((part) => part.replaceAll("\0", "")),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(""));

  it("any text in any kind of setting, alternating-users: the user gains no privilege, and the clone has the user's settings", async () => {
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
        const t = await target({ ...withAdministrator.alternatingBySuperuser, owner: false });
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
        // From 15 on, a user cannot set custom settings for itself: a superuser has set them.
        await t.sql(settings.join(";\n").replaceAll("app_user", t.user));
        await assertRotatesWithoutGain(t);
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
