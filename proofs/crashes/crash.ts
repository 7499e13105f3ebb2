import assert from "node:assert/strict";
import { type Effect, type Fault, keyOf } from "../world/effects";
import type { Harness } from "../world/harness";
import { labelledLogins, workingLabels } from "../world/labels";
import type { Scenario } from "../world/scenario";
import type { TestSecret } from "../world/testSecret";

/**
 * What is done to one effect:
 * - `before`: the function's process is killed when the effect is asked for, and nothing of it happens;
 * - `after`: it is killed when the effect has happened, before the answer arrives;
 * - `lost`: the effect happens and the answer never arrives; the process lives on, and asks again if it wants to;
 * - `unheard`: the same for each repetition, until the step gives up.
 */
export const modes = ["before", "after", "lost", "unheard"] as const;
export type Mode = (typeof modes)[number];

export interface Crash {
  readonly scenario: Scenario;
  readonly effect: Effect;
  readonly mode: Mode;
}

export interface CrashResult {
  readonly crash: Crash;
  /** Undefined when everything that was promised came true. */
  readonly failure?: string;
  /** How often the service called the steps until the rotation was through. */
  readonly attempts: number;
  readonly durationMs: number;
}

/** Whether an effect leaves a trace: a write to the secret, or a change in the database. */
export function changesSomething({ name }: Effect): boolean {
  return /^(Put|Update|DO )/.test(name);
}

/** The effects of one undisturbed rotation, as they happen. */
export async function record(harness: Harness, scenario: Scenario): Promise<Effect[]> {
  const secret = await harness.prepare(scenario);
  const effects: Effect[] = [];
  harness.effects.watcher = {
    before: async (effect) => {
      effects.push(effect);
      return undefined;
    },
  };
  // The rotations after the first are the ordinary ones: some strategies make a user in the first.
  const outcome = await secret.rotate();
  harness.effects.watcher = {};
  assert.ok(outcome.succeeded, `an undisturbed rotation failed: ${outcome.failure}`);
  return effects;
}

/** Rotates a fresh secret, injects one fault, and sees whether everything that is promised comes true. */
export async function runCrash(harness: Harness, crash: Crash): Promise<CrashResult> {
  const started = performance.now();
  let attempts = 0;
  try {
    const secret = await harness.prepare(crash.scenario);
    const came = inject(harness, crash);
    harness.onStepOver = async ({ Step }, ok) => {
      // After a step that went well nothing but the next one's beginning is different, and that is an effect too.
      if (!ok) await assertNotLockedOut(secret, Step);
    };
    const outcome = await secret.rotate();
    attempts = outcome.attempts;
    assert.ok(came(), "the effect did not come");
    harness.effects.watcher = {};
    assert.ok(outcome.succeeded, `the service's retries did not get through: ${outcome.failure}`);
    await assertRotated(secret, outcome.token);

    const next = await secret.rotate();
    assert.ok(next.succeeded && next.attempts === 1, `the next rotation failed: ${next.failure}`);
    await assertRotated(secret, next.token);
    return { crash, attempts, durationMs: performance.now() - started };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { crash, attempts, durationMs: performance.now() - started, failure };
  } finally {
    harness.effects.watcher = {};
    harness.onStepOver = async () => undefined;
  }
}

/** @returns whether the effect came. A fault is injected then, except where the answer was an error already. */
function inject(harness: Harness, { effect, mode }: Crash): () => boolean {
  const key = keyOf(effect);
  const every = keyOf({ ...effect, occurrence: 0 });
  let came = false;
  let injected = false;
  let over = false;
  const kill = async (): Promise<Fault> => {
    injected = true;
    harness.kill();
    return { kind: "drop" };
  };
  harness.effects.watcher = {
    before: async (current) => {
      came ||= keyOf(current) === key;
      return mode === "before" && !injected && keyOf(current) === key ? kill() : undefined;
    },
    after: async (current) => {
      if (mode === "after") return !injected && keyOf(current) === key ? kill() : undefined;
      if (mode === "lost" && !injected && keyOf(current) === key) {
        injected = true;
        return { kind: "drop" };
      }
      if (mode !== "unheard" || over || keyOf({ ...current, occurrence: 0 }) !== every) return undefined;
      if (!injected && keyOf(current) !== key) return undefined;
      if (!injected) void harness.invocationOver().then(() => (over = true));
      injected = true;
      return { kind: "drop" };
    },
  };
  return () => came;
}

async function assertNotLockedOut(secret: TestSecret, step: string): Promise<void> {
  const working = await workingLabels(secret);
  assert.ok(working.length > 0, `LOCKED OUT after ${step}: no labelled version logs in`);
}

/** A good end: the new version is current and logs in, the old password doesn't, and AWSPENDING is out of the way. */
async function assertRotated(secret: TestSecret, token: string): Promise<void> {
  const logins = labelledLogins(secret);
  const idOf = (stage: string) => logins.find((login) => login.stage === stage)?.versionId;
  assert.equal(idOf("AWSCURRENT"), token, "the new version is not AWSCURRENT");
  assert.ok([token, undefined].includes(idOf("AWSPENDING")), "AWSPENDING is on a version that is not current");
  assert.ok(await secret.logsIn("AWSCURRENT"), "AWSCURRENT does not log in");
}
