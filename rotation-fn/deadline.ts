import { RotationError } from "./errors";

/** Milliseconds of Lambda's time limit that are reserved for the error message. */
const reserveMs = 1_500;

/**
 * Returns the result of the work, or throws `TimeLimit` shortly before Lambda would end the process with only "Task timed
 * out".
 *
 * @param work - Gets a signal that is aborted at the end, after which it must send no request. Lambda freezes the process,
 *   and thaws it for the next event: work that continued could set an old password during a later rotation.
 */
export async function withinTimeLimit<T>(
  context: { getRemainingTimeInMillis(): number },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limitMs = Math.max(context.getRemainingTimeInMillis() - reserveMs, 0);
  const end = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new RotationError("TimeLimit", `not done after ${limitMs} ms, shortly before Lambda's time limit`));
    }, limitMs);
  });
  try {
    return await Promise.race([work(end.signal), limit]);
  } finally {
    clearTimeout(timer);
    end.abort(new RotationError("TimeLimit", "the step has ended before this request"));
  }
}
