import fc from "fast-check";
import { type AttackingObject, createObjectsSql, kinds, names } from "./attackingObjects";
import { concurrentTests } from "./concurrentTests";
import { createAttackingCode, rotatesWithoutGain } from "./gain";
import { type AttackTarget, type AttackTargetOptions, managed, target, titleOf } from "./target";

/** How the attacking schema gets before pg_catalog, or into the search path. */
const places = {
  "a schema that the database's search_path has first": async (
    t: AttackTarget,
    objects: readonly AttackingObject[],
  ) => {
    await t.as(t.user, createObjectsSql(objects, "evil"));
    await t.as(t.user, `ALTER DATABASE ${t.database} SET search_path = evil, pg_catalog, public`);
  },
  "the schema public, which the path has by default": async (t: AttackTarget, objects: readonly AttackingObject[]) => {
    await t.as(t.user, createObjectsSql(objects, "public"));
  },
  "a schema with the administrator's name, which the path has by default": async (
    t: AttackTarget,
    objects: readonly AttackingObject[],
  ) => {
    await t.as(t.user, createObjectsSql(objects, t.admin.username));
    await t.as(t.user, `ALTER DATABASE ${t.database} SET search_path = "$user", pg_catalog`);
  },
  "a schema that the user's own search_path has first": async (
    t: AttackTarget,
    objects: readonly AttackingObject[],
  ) => {
    await t.as(t.user, createObjectsSql(objects, "evil"));
    await t.as(t.user, `ALTER ROLE ${t.user} SET search_path = evil, pg_catalog, pg_temp`);
  },
} as const;
type Place = keyof typeof places;

/** The administrator logs in to the user's database, so only the settings of the session itself protect it. */
async function attack(options: AttackTargetOptions, place: Place, objects: readonly AttackingObject[]): Promise<void> {
  const t = await target({ ...options, adminDatabase: "own" });
  await createAttackingCode(t);
  await places[place](t, objects);
  await rotatesWithoutGain(t);
}

const everything = kinds.flatMap((kind) => names[kind].map((name): AttackingObject => ({ kind, name })));

const objects = fc.uniqueArray(fc.constantFrom(...everything), {
  minLength: 1,
  maxLength: 30,
  selector: ({ kind, name }) => `${kind} ${name}`,
});
const anyPlace = fc.constantFrom(...(Object.keys(places) as Place[]));
const numRuns = Number(process.env.ATTACK_RUNS ?? 3);

/** With alternating users, the function queries more. One kind at a time, so that no kind hides another. */
function batches(
  strategy: "single-user" | "alternating-users",
): Readonly<Record<string, readonly AttackingObject["kind"][]>> {
  return strategy === "single-user"
    ? { functions: ["function"], "all others": kinds.filter((kind) => kind !== "function") }
    : Object.fromEntries(kinds.map((kind) => [`${kind}s`, [kind]]));
}

describe("attack by objects with names of pg_catalog", () => {
  for (const options of [managed.singleBySuperuser, managed.alternating]) {
    describe(titleOf(options), () =>
      concurrentTests((test) => {
        for (const [what, kindsInBatch] of Object.entries(batches(options.strategy))) {
          test(`${what} before pg_catalog: the user gains no privilege, and the password is rotated`, () =>
            attack(
              options,
              "a schema that the database's search_path has first",
              everything.filter(({ kind }) => kindsInBatch.includes(kind)),
            ));
        }
      }),
    );
  }

  it("random objects, anywhere in the path, any administrator: the user gains no privilege, and the password is rotated", async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...Object.values(managed)), anyPlace, objects, attack), {
      numRuns,
      includeErrorInReport: true,
    });
  });
});
