import { RotationError } from "./errors";

/** Milliseconds of Lambda's time limit that are reserved for the error message. */
const reserveMs = 1_500;

/**
 * Returns the result of the work, or throws `TimeLimit` shortly before Lambda would end the process with only "Task timed
 * out".
 */
export async function withinTimeLimit<T>(
  context: { getRemainingTimeInMillis(): number },
  work: Promise<T>,
): Promise<T> {
  const limitMs = Math.max(context.getRemainingTimeInMillis() - reserveMs, 0);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new RotationError("TimeLimit", `not done after ${limitMs} ms, shortly before Lambda's time limit`));
    }, limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
