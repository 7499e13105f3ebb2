import assert from "node:assert/strict";
import { type Effect, type Fault, keyOf } from "../world/effects";
import type { Harness } from "../world/harness";
import { workingLabels } from "../world/labels";
import type { Scenario } from "../world/scenario";
import type { TestSecret } from "../world/testSecret";

/**
 * The fault at one effect:
 * - `before`: the function's process is killed before the effect;
 * - `after`: it is killed after the effect, before the answer arrives;
 * - `lost`: the answer is lost, and the process continues;
 * - `all lost`: the answer is lost, and the answers of all retries, until the step fails.
 */
export const modes = ["before", "after", "lost", "all lost"] as const;
export type Mode = (typeof modes)[number];

export interface Crash {
  readonly scenario: Scenario;
  readonly effect: Effect;
  readonly mode: Mode;
}

export interface CrashResult {
  readonly crash: Crash;
  /** The assertion that failed. */
  readonly failure?: string;
  /** How often the service attempted the rotation until it succeeded. */
  readonly attempts: number;
}

/** Whether the effect changes the secret or the database. */
export function changesSomething({ name }: Effect): boolean {
  return /^(Put|Update|DO )/.test(name);
}

/** Records the effects of one rotation without faults, in order. */
export async function record(harness: Harness, scenario: Scenario): Promise<Effect[]> {
  const secret = await harness.prepare(scenario);
  const effects: Effect[] = [];
  harness.effects.watcher = {
    before: async (effect) => void effects.push(effect),
  };
  const outcome = await secret.rotate();
  harness.effects.watcher = {};
  assert.ok(outcome.succeeded, `an undisturbed rotation failed: ${outcome.failure}`);
  return effects;
}

/**
 * Rotates a new secret with one fault. Asserts that no client is locked out, and that the rotation and the next one
 * succeed.
 */
export async function runCrash(harness: Harness, crash: Crash): Promise<CrashResult> {
  let attempts = 0;
  try {
    const secret = await harness.prepare(crash.scenario);
    const happened = inject(harness, crash);
    harness.onStepEnd = async ({ Step }, ok) => {
      // After a successful step, the next effect is the first of the next step, which the matrix has too.
      if (ok) return;
      const working = await workingLabels(secret);
      assert.ok(working.length > 0, `LOCKED OUT after ${Step}: no labeled version logs in`);
    };
    const outcome = await secret.rotate();
    attempts = outcome.attempts;
    assert.ok(happened(), "the effect did not happen");
    harness.effects.watcher = {};
    assert.ok(outcome.succeeded, `the service's retries did not get through: ${outcome.failure}`);
    await assertRotated(secret, outcome.token);

    const next = await secret.rotate();
    assert.ok(next.succeeded && next.attempts === 1, `the next rotation failed: ${next.failure}`);
    await assertRotated(secret, next.token);
    return { crash, attempts };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { crash, attempts, failure };
  } finally {
    harness.effects.watcher = {};
    harness.onStepEnd = async () => undefined;
  }
}

/** @returns whether the effect happened. The fault is then injected, unless the answer was already an error. */
function inject(harness: Harness, { effect, mode }: Crash): () => boolean {
  const isEffect = (other: Effect): boolean => keyOf(other) === keyOf(effect);
  const isRepeated = (other: Effect): boolean => isEffect({ ...other, occurrence: effect.occurrence });
  let [hasHappened, injected, over] = [false, false, false];
  const kill = async (): Promise<Fault> => {
    injected = true;
    harness.kill();
    return { kind: "drop" };
  };
  harness.effects.watcher = {
    before: async (current) => {
      hasHappened ||= isEffect(current);
      return mode === "before" && !injected && isEffect(current) ? kill() : undefined;
    },
    after: async (current) => {
      const applies = injected ? mode === "all lost" && !over && isRepeated(current) : isEffect(current);
      if (!applies || mode === "before") return undefined;
      if (mode === "after") return kill();
      if (!injected) void harness.invocationEnd().then(() => (over = true));
      injected = true;
      return { kind: "drop" };
    },
  };
  return () => hasHappened;
}

/** Asserts that the new version is AWSCURRENT and logs in, and that AWSPENDING is on no other version. */
async function assertRotated(secret: TestSecret, token: string): Promise<void> {
  const { AWSCURRENT, AWSPENDING = token } = secret.labels();
  assert.equal(AWSCURRENT, token, "the new version is not AWSCURRENT");
  assert.equal(AWSPENDING, token, "AWSPENDING is on a version that is not current");
  assert.ok(await secret.logsIn("AWSCURRENT"), "AWSCURRENT does not log in");
}
