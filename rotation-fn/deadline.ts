import { RotationError } from "./errors";

/** What is kept of Lambda's time to say what happened, in milliseconds. */
const reserveMs = 1_500;

/**
 * The result of the work, or a `TimeLimit` error shortly before Lambda would end the process with nothing but
 * "Task timed out".
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
