import { EventEmitter, once } from "node:events";
import type { ListrTask } from "listr2";
import { colors } from "../../cli/terminal/colors";
import { steps } from "../../rotation-fn/event";
import type { Rehearsal } from "./rehearsal";

/** Rotates once, with one line for each step. */
export function rotationTask(title: string, rehearsal: Rehearsal): ListrTask {
  return {
    title,
    task(_, task) {
      const ended = new EventEmitter();
      /** Milliseconds of each step. */
      const durations = steps.map(async (step): Promise<number> => (await once(ended, step))[0]);
      for (const duration of durations) duration.catch(() => undefined);
      const rotation = rehearsal
        .rotate(({ step, durationMs }) => ended.emit(step, durationMs))
        .then((rotated) => {
          task.title = `${title.padEnd(42)}${colors.dim(`${Math.round(rotated.durationMs)} ms in all`)}`;
        });
      // The line of the step that failed shows the error.
      rotation.catch((error: Error) => ended.on("error", () => undefined).emit("error", error));
      return task.newListr(
        steps.map((step, index) => ({
          title: step,
          async task(_, line) {
            const durationMs = (await durations[index]) ?? 0;
            line.title = `${step.padEnd(40)}${colors.dim(`${Math.round(durationMs)} ms`)}`;
            if (index === steps.length - 1) await rotation;
          },
        })),
      );
    },
  };
}
