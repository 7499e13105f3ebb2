import { AsyncLocalStorage } from "node:async_hooks";
import { RotationError } from "./errors";

/** The part of Lambda's context that knows the time limit. */
interface LimitedContext {
  getRemainingTimeInMillis(): number;
}

/** Milliseconds of Lambda's time limit that are reserved for the error message. */
const reserveMs = 1_500;

/** The invocation that the running code belongs to. An operator's command has none. */
const invocations = new AsyncLocalStorage<{ readonly context: LimitedContext; ended: boolean }>();

/**
 * Returns the result of the work, or throws `TimeLimit` shortly before Lambda would end the process with only "Task timed
 * out". Lambda then freezes the process, and thaws it for the next event: see {@link requireInvocation}.
 */
export async function withinTimeLimit<T>(context: LimitedContext, work: () => Promise<T>): Promise<T> {
  const invocation = { context, ended: false };
  const limitMs = Math.max(context.getRemainingTimeInMillis() - reserveMs, 0);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new RotationError("TimeLimit", `not done after ${limitMs} ms, shortly before Lambda's time limit`));
    }, limitMs);
  });
  try {
    return await Promise.race([invocations.run(invocation, work), limit]);
  } finally {
    invocation.ended = true;
    clearTimeout(timer);
  }
}

/** Milliseconds until the invocation's time limit. */
export function remainingMs(): number {
  return invocations.getStore()?.context.getRemainingTimeInMillis() ?? Number.POSITIVE_INFINITY;
}

/**
 * To be called before each request. Work that ran out of time goes on when Lambda thaws the process, possibly during a later
 * rotation: it would then set a password that is no longer expected.
 *
 * @throws RotationError `TimeLimit` if the invocation has ended.
 */
export function requireInvocation(): void {
  if (invocations.getStore()?.ended) throw new RotationError("TimeLimit", "the step has ended before this request");
}
