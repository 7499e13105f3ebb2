import assert from "node:assert/strict";
import { type Effect, keyOf, type Strike } from "../world/effects";
import { labelledLogins, workingLabels } from "../world/labels";
import type { Stand } from "../world/stand";
import type { Strategy } from "../world/subject";

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
  readonly strategy: Strategy;
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
export async function record(stand: Stand, strategy: Strategy): Promise<Effect[]> {
  const { secretId } = await stand.prepare(strategy);
  const effects: Effect[] = [];
  stand.effects.watcher = {
    before: async (effect) => {
      effects.push(effect);
      return undefined;
    },
  };
  // The rotations after the first are the ordinary ones: some strategies make a user in the first.
  const outcome = await stand.rotate(secretId);
  stand.effects.watcher = {};
  assert.ok(outcome.succeeded, `an undisturbed rotation failed: ${outcome.failure}`);
  return effects;
}

/** Rotates a fresh secret, disturbs one effect, and sees whether everything that is promised comes true. */
export async function suffer(stand: Stand, crash: Crash): Promise<CrashResult> {
  const started = performance.now();
  let attempts = 0;
  try {
    const { secretId } = await stand.prepare(crash.strategy);
    const struck = strike(stand, crash);
    stand.onStepOver = async ({ Step }, ok) => {
      // After a step that went well nothing but the next one's beginning is different, and that is an effect too.
      if (!ok) await assertNotLockedOut(stand, secretId, Step);
    };
    const outcome = await stand.rotate(secretId);
    attempts = outcome.attempts;
    assert.ok(struck(), "the effect did not come");
    stand.effects.watcher = {};
    assert.ok(outcome.succeeded, `the service's retries did not get through: ${outcome.failure}`);
    await assertRotated(stand, secretId, outcome.token);

    const next = await stand.rotate(secretId);
    assert.ok(next.succeeded && next.attempts === 1, `the next rotation failed: ${next.failure}`);
    await assertRotated(stand, secretId, next.token);
    return { crash, attempts, durationMs: performance.now() - started };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { crash, attempts, durationMs: performance.now() - started, failure };
  } finally {
    stand.effects.watcher = {};
    stand.onStepOver = async () => undefined;
  }
}

/** @returns whether the effect came; it was struck then, unless it was answered by an error that nobody could lose */
function strike(stand: Stand, { effect, mode }: Crash): () => boolean {
  const key = keyOf(effect);
  const every = keyOf({ ...effect, occurrence: 0 });
  let came = false;
  let struck = false;
  let over = false;
  const kill = async (): Promise<Strike> => {
    struck = true;
    stand.kill();
    return { kind: "drop" };
  };
  stand.effects.watcher = {
    before: async (current) => {
      came ||= keyOf(current) === key;
      return mode === "before" && !struck && keyOf(current) === key ? kill() : undefined;
    },
    after: async (current) => {
      if (mode === "after") return !struck && keyOf(current) === key ? kill() : undefined;
      if (mode === "lost" && !struck && keyOf(current) === key) {
        struck = true;
        return { kind: "drop" };
      }
      if (mode !== "unheard" || over || keyOf({ ...current, occurrence: 0 }) !== every) return undefined;
      if (!struck && keyOf(current) !== key) return undefined;
      if (!struck) void stand.invocationOver().then(() => (over = true));
      struck = true;
      return { kind: "drop" };
    },
  };
  return () => came;
}

async function assertNotLockedOut(stand: Stand, secretId: string, step: string): Promise<void> {
  const working = await workingLabels(stand.service, secretId, stand.postgres);
  assert.ok(working.length > 0, `LOCKED OUT after ${step}: no labelled version logs in`);
}

/** A good end: the new version is current and logs in, the old password doesn't, and AWSPENDING is out of the way. */
async function assertRotated(stand: Stand, secretId: string, token: string): Promise<void> {
  const logins = labelledLogins(stand.service, secretId);
  const idOf = (stage: string) => logins.find((login) => login.stage === stage)?.versionId;
  assert.equal(idOf("AWSCURRENT"), token, "the new version is not AWSCURRENT");
  assert.ok([token, undefined].includes(idOf("AWSPENDING")), "AWSPENDING is on a version that is not current");
  const current = logins.find(({ stage }) => stage === "AWSCURRENT");
  assert.ok(
    current !== undefined && (await stand.postgres.canLogIn(current.username, current.password)),
    "AWSCURRENT does not log in",
  );
}
