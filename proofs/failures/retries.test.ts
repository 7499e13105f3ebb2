import assert from "node:assert/strict";
import type { RotationStep } from "../../emulators/secrets-manager";
import { fault, pgError } from "../soak/faults";
import type { Effect, Strike } from "../world/effects";
import { sharedPostgres } from "../world/sharedPostgres";
import { type Bench, openBench } from "./bench";

describe("the retry policy", () => {
  let bench: Bench;

  afterEach(() => bench.close());

  /** Takes a step in which effects of a name are struck, and counts how often the function tried them. */
  async function tries(
    step: RotationStep,
    name: RegExp,
    strike: (nth: number) => { before?: Strike; after?: Strike } | undefined,
    strategy = "single-user",
  ): Promise<{ count: number; ok: boolean }> {
    bench = await openBench(await sharedPostgres(), { strategy });
    await bench.takeUpTo(step);
    let count = 0;
    const hit = new WeakMap<Effect, number>();
    bench.setting.stand.effects.watcher = {
      before: async (effect) => {
        if (!name.test(effect.name)) return undefined;
        hit.set(effect, ++count);
        return strike(count)?.before;
      },
      after: async (effect) => strike(hit.get(effect) ?? 0)?.after,
    };
    const { ok } = await bench.take(step);
    return { count, ok };
  }

  const once = (strikes: { before?: Strike; after?: Strike }) => (nth: number) => (nth === 1 ? strikes : undefined);
  const always = (before: Strike) => (nth: number) => (nth > 0 ? { before } : undefined);

  it("has the SDK try again what was throttled", async () => {
    const before = fault("ThrottlingException", "Rate exceeded");
    assert.deepEqual(await tries("createSecret", /Describe/, once({ before })), { count: 2, ok: true });
  });

  it("has the SDK try again what ended in an error 500, and gives up after four tries", async () => {
    const before = fault("InternalServiceError", "something went wrong", 500);
    assert.deepEqual(await tries("createSecret", /Describe/, always(before)), { count: 4, ok: false });
  });

  it("stores the pending value again when the first answer was lost, and takes that for done", async () => {
    const result = await tries("createSecret", /Put/, once({ after: { kind: "drop" } }));
    assert.deepEqual(result, { count: 2, ok: true });
  });

  it("tries an action that is denied once", async () => {
    const before = fault("AccessDeniedException", "not authorized");
    assert.deepEqual(await tries("createSecret", /Describe/, always(before)), { count: 1, ok: false });
  });

  it("connects once more when the connection breaks while the password is being set", async () => {
    const result = await tries("setSecret", /^DO/, once({ before: { kind: "drop" } }));
    assert.deepEqual(result, { count: 2, ok: true });
  });

  it("does not set the password again when only the answer was lost: it finds the pending one in force", async () => {
    const result = await tries("setSecret", /^DO/, once({ after: { kind: "drop" } }));
    assert.deepEqual(result, { count: 1, ok: true });
    assert.ok(bench.log.some((line) => line.includes("already done")));
  });

  it("connects once more, and not a third time", async () => {
    const result = await tries("setSecret", /^sign-in/, always({ kind: "drop" }));
    assert.deepEqual(result, { count: 2, ok: false });
  });

  it("waits for a server that starts up", async () => {
    const before = pgError("57P03", "the database system is starting up");
    assert.deepEqual(await tries("setSecret", /^sign-in/, once({ before })), { count: 2, ok: true });
  });

  for (const [what, before] of [
    ["is full", pgError("53300", "sorry, too many clients already")],
    ["lacks the database", pgError("3D000", "no such database")],
  ] as const) {
    it(`leaves a server alone that ${what}`, async () => {
      assert.deepEqual(await tries("setSecret", /^sign-in/, always(before)), { count: 1, ok: false });
    });
  }

  it("changes nothing when a step is repeated after the rotation is over", async () => {
    bench = await openBench(await sharedPostgres(), { strategy: "single-user" });
    await bench.takeUpTo("finishSecret");
    assert.ok((await bench.take("finishSecret")).ok);
    const { calls } = bench.setting.stand.service;
    const from = calls.length;

    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
      assert.ok((await bench.take(step)).ok);
    }

    const changes = calls.slice(from).filter(({ operation }) => /^(Put|Update)/.test(operation));
    assert.deepEqual(changes, []);
  });

  it("offers each labelled password once to a server that refuses them", async () => {
    const before = pgError("28P01", "password authentication failed");
    assert.deepEqual(await tries("setSecret", /^sign-in/, always(before)), { count: 2, ok: false });
  });

  it("offers an admin's password twice: it may have been promoted between two reads", async () => {
    const before = pgError("28P01", "password authentication failed");
    const result = await tries("setSecret", /^sign-in/, always(before), "single-user with an admin");
    assert.deepEqual(result, { count: 2, ok: false });
  });
});
