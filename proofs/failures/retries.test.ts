import assert from "node:assert/strict";
import type { RotationStep } from "../../emulators/secrets-manager";
import { type Effect, type Fault, postgresError, serviceError } from "../world/effects";
import { type Harness, openRotation } from "../world/harness";
import { type Scenario, singleUser, withAdmin } from "../world/scenario";

describe("the retry policy", () => {
  let harness: Harness;

  afterEach(() => harness.close());

  /** Runs a step with faults at the effects of a name, and counts how often the function tried them. */
  async function countTries(
    step: RotationStep,
    name: RegExp,
    faultsOf: (nth: number) => { before?: Fault; after?: Fault } | undefined,
    scenario: Scenario = singleUser,
  ): Promise<{ count: number; ok: boolean }> {
    const opened = await openRotation({ scenario });
    harness = opened.harness;
    await opened.secret.runStepsBefore(step);
    let count = 0;
    const counts = new WeakMap<Effect, number>();
    harness.effects.watcher = {
      before: async (effect) => {
        if (!name.test(effect.name)) return undefined;
        counts.set(effect, ++count);
        return faultsOf(count)?.before;
      },
      after: async (effect) => faultsOf(counts.get(effect) ?? 0)?.after,
    };
    const { ok } = await opened.secret.runStep(step);
    return { count, ok };
  }

  const once = (faults: { before?: Fault; after?: Fault }) => (nth: number) => (nth === 1 ? faults : undefined);
  const always = (before: Fault) => (nth: number) => (nth > 0 ? { before } : undefined);

  it("a throttled call is retried by the SDK", async () => {
    const before = serviceError("ThrottlingException", "Rate exceeded");
    assert.deepEqual(await countTries("createSecret", /Describe/, once({ before })), { count: 2, ok: true });
  });

  it("error 500 is retried by the SDK, four attempts in all", async () => {
    const before = serviceError("InternalServiceError", "something went wrong", 500);
    assert.deepEqual(await countTries("createSecret", /Describe/, always(before)), { count: 4, ok: false });
  });

  it("when the answer to PutSecretValue is lost, stores the same value again and succeeds", async () => {
    const result = await countTries("createSecret", /Put/, once({ after: { kind: "drop" } }));
    assert.deepEqual(result, { count: 2, ok: true });
  });

  it("an action that is denied is not retried", async () => {
    const before = serviceError("AccessDeniedException", "not authorized");
    assert.deepEqual(await countTries("createSecret", /Describe/, always(before)), { count: 1, ok: false });
  });

  it("when the connection breaks during the change, connects once more", async () => {
    const result = await countTries("setSecret", /^DO/, once({ before: { kind: "drop" } }));
    assert.deepEqual(result, { count: 2, ok: true });
  });

  it("when only the answer to the change is lost, finds that the pending password logs in, and does not set it again", async () => {
    const result = await countTries("setSecret", /^DO/, once({ after: { kind: "drop" } }));
    assert.deepEqual(result, { count: 1, ok: true });
    assert.ok(harness.log.some((line) => line.includes("already done")));
  });

  it("when the connection breaks again, does not connect a third time", async () => {
    const result = await countTries("setSecret", /^login/, always({ kind: "drop" }));
    assert.deepEqual(result, { count: 2, ok: false });
  });

  it("waits for a server that is starting up", async () => {
    const before = postgresError("57P03", "the database system is starting up");
    assert.deepEqual(await countTries("setSecret", /^login/, once({ before })), { count: 2, ok: true });
  });

  for (const [what, before] of [
    ["is full", postgresError("53300", "sorry, too many clients already")],
    ["lacks the database", postgresError("3D000", "no such database")],
  ] as const) {
    it(`does not retry at a server that ${what}`, async () => {
      assert.deepEqual(await countTries("setSecret", /^login/, always(before)), { count: 1, ok: false });
    });
  }

  it("tries the password of each staging label once at a server that refuses them", async () => {
    const before = postgresError("28P01", "password authentication failed");
    assert.deepEqual(await countTries("setSecret", /^login/, always(before)), { count: 2, ok: false });
  });

  it("tries the administrator's password twice: its label may have moved between two reads", async () => {
    const before = postgresError("28P01", "password authentication failed");
    const result = await countTries("setSecret", /^login/, always(before), withAdmin);
    assert.deepEqual(result, { count: 2, ok: false });
  });
});
