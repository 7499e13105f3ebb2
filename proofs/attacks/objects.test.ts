import fc from "fast-check";
import { plantStrike, rotatesInVain } from "./gain";
import { kinds, names, type Plant, planted } from "./plants";
import { managed, type Target, type TargetOptions, target, titleOf } from "./target";
import { together } from "./together";

/** How the planted schema gets in front of pg_catalog, or at least into the path. */
const places = {
  "a schema that the database's search_path has first": async (t: Target, plants: readonly Plant[]) => {
    await t.as(t.user, planted(plants, "evil"));
    await t.as(t.user, `ALTER DATABASE ${t.database} SET search_path = evil, pg_catalog, public`);
  },
  "the schema public, which the path has by default": async (t: Target, plants: readonly Plant[]) => {
    await t.as(t.user, planted(plants, "public"));
  },
  "a schema with the administrator's name, which the path has by default": async (
    t: Target,
    plants: readonly Plant[],
  ) => {
    await t.as(t.user, planted(plants, t.admin.username));
    await t.as(t.user, `ALTER DATABASE ${t.database} SET search_path = "$user", pg_catalog`);
  },
  "a schema that the user's own search_path has first": async (t: Target, plants: readonly Plant[]) => {
    await t.as(t.user, planted(plants, "evil"));
    await t.as(t.user, `ALTER ROLE ${t.user} SET search_path = evil, pg_catalog, pg_temp`);
  },
} as const;
type Place = keyof typeof places;

/** The database is the user's, and the administrator signs in there: only the session's own settings can hold. */
async function attack(options: TargetOptions, place: Place, plants: readonly Plant[]): Promise<void> {
  const t = await target({ ...options, adminDatabase: "own" });
  await plantStrike(t);
  await places[place](t, plants);
  await rotatesInVain(t);
}

const everything = kinds.flatMap((kind) => names[kind].map((name): Plant => ({ kind, name })));

const plants = fc.uniqueArray(fc.constantFrom(...everything), {
  minLength: 1,
  maxLength: 30,
  selector: ({ kind, name }) => `${kind} ${name}`,
});
const whereabouts = fc.constantFrom(...(Object.keys(places) as Place[]));
const numRuns = Number(process.env.ATTACK_RUNS ?? 3);

/** Where users alternate, the roles are looked at, and more can be met: one kind at a time hides no other. */
function batches(strategy: "single-user" | "alternating-users"): Readonly<Record<string, readonly Plant["kind"][]>> {
  return strategy === "single-user"
    ? { functions: ["function"], "all else": kinds.filter((kind) => kind !== "function") }
    : Object.fromEntries(kinds.map((kind) => [`${kind}s`, [kind]]));
}

describe("attack by objects that are named as pg_catalog's", () => {
  for (const options of [managed[1], managed[2]]) {
    describe(titleOf(options), () =>
      together((test) => {
        for (const [what, kindsOfOne] of Object.entries(batches(options.strategy))) {
          test(`${what} before pg_catalog: the user gains nothing, and the password is rotated`, () =>
            attack(
              options,
              "a schema that the database's search_path has first",
              everything.filter(({ kind }) => kindsOfOne.includes(kind)),
            ));
        }
      }),
    );
  }

  it("any of them, anywhere in the path, any administrator: the user gains nothing, and the password is rotated", async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...managed), whereabouts, plants, attack), {
      numRuns,
      includeErrorInReport: true,
    });
  });
});
