import type { RotationStep } from "../../emulators/secrets-manager";
import type { ErrorCode } from "../../rotation-fn/errors";
import type { Effect, Fault } from "../world/effects";
import { type OpenRotation, openRotation } from "../world/harness";
import type { Scenario } from "../world/scenario";

/** An error of the function, and how a test provokes it. */
export interface ProvokedError {
  readonly code: ErrorCode;
  /** The cause, for the title of a test. */
  readonly cause: string;
  /** The step that fails. The steps before it run first. */
  readonly step: RotationStep;
  /** Matches the error's message. */
  readonly message: RegExp;
  /** @default singleUser */
  readonly scenario?: Scenario;
  /** The function's time limit, in a process of its own: what the function does after it ends with the process. */
  readonly timeoutSeconds?: number;
  /** Keys of the step's event that differ. */
  readonly event?: Readonly<Record<string, string>>;
  /** The step before which {@link provoke} is called. @default the step that fails */
  readonly before?: RotationStep;
  readonly provoke?: Provoke;
  /** The fault at each effect of the step. */
  readonly fault?: (effect: Effect) => Fault | undefined;
}

/** Causes the error. @returns a function that removes the cause, if it lasts */
export type Provoke = (rotation: OpenRotation) => Promise<unknown>;

/** @param message matches the error's message @param how provokes the error */
export function provoked(
  code: ErrorCode,
  cause: string,
  step: RotationStep,
  message: RegExp,
  how: Omit<ProvokedError, "code" | "cause" | "step" | "message">,
): ProvokedError {
  return { code, cause, step, message, ...how };
}

export type FailedRotation = Awaited<ReturnType<typeof provokeError>>;

/** Runs a rotation up to the step that fails. The caller closes the harness. */
export async function provokeError(error: ProvokedError) {
  const { scenario, timeoutSeconds, step, before = step, event, provoke, fault } = error;
  const rotation = await openRotation({
    scenario,
    function: timeoutSeconds === undefined ? {} : { timeoutSeconds, ownProcess: true },
  });
  const { harness, secret } = rotation;
  await secret.runStepsBefore(before);
  const removeCause = await provoke?.(rotation);
  await secret.runStepsBefore(step, before);
  harness.effects.watcher = { before: async (effect) => fault?.(effect) };
  const result = await secret.runStep(step, event);
  return {
    ...{ harness, secret, result },
    /** Removes the cause of the failure. */
    async repair() {
      harness.effects.watcher = {};
      harness.fn.kill();
      if (typeof removeCause === "function") await removeCause();
    },
  };
}
