import type { ListrTask } from "listr2";
import { colors } from "../../cli/terminal/colors";
import { type Step, steps } from "../../rotation-fn/event";
import type { Rehearsal, RehearsedRotation } from "./rehearsal";

/** Rotates once, with one line for each step. */
export function rotationTask(title: string, rehearsal: () => Rehearsal, results: RehearsedRotation[]): ListrTask {
  return {
    title,
    task(_, task) {
      const waiting = new Map<Step, PromiseWithResolvers>(steps.map((step) => [step, withResolvers()]));
      const rotation = rehearsal()
        .rotate(({ step, durationMs }) => waiting.get(step)?.resolve(durationMs))
        .then((rotated) => {
          results.push(rotated);
          task.title = `${title.padEnd(42)}${colors.dim(`${Math.round(rotated.durationMs)} ms in all`)}`;
        });
      // The line of the step that failed shows the error.
      rotation.catch((error: Error) => {
        for (const { reject } of waiting.values()) reject(error);
      });
      return task.newListr(
        steps.map((step, index) => ({
          title: step,
          async task(_, line) {
            const durationMs = await waiting.get(step)?.promise;
            line.title = `${step.padEnd(40)}${colors.dim(`${Math.round(durationMs ?? 0)} ms`)}`;
            if (index === steps.length - 1) await rotation;
          },
        })),
      );
    },
  };
}

interface PromiseWithResolvers {
  readonly promise: Promise<number>;
  resolve(value: number): void;
  reject(error: Error): void;
}

/** `Promise.withResolvers`, which Node.js 20 does not have. */
function withResolvers(): PromiseWithResolvers {
  let resolve: (value: number) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<number>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
