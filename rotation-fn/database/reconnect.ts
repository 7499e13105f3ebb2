import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, partsOf, RotationError } from "../errors";

/** The user's `transaction_timeout` ended the session before its first statement could turn the limit off, which is chance. */
const timedOutByUser = "25P04";

/** Longest wait for a server that starts. Aurora Serverless resumes after 15 to 30 s, the first time a day even later. */
const startsWithinMs = 90_000;
const pauseMs = 2_000;
/** Time that the step needs after the wait, in milliseconds: one login and the change. */
const workMs = 25_000;

/**
 * Repeats the work once if the connection broke, up to five times if the user's own limit ended it, and as long as the step
 * has time if the server is starting. The server may have made the change by then: the repetition finds out which password
 * the database has. Any other error would occur again.
 *
 * @param remainingMs - Time until the function's limit.
 */
export async function withReconnect<T>(remainingMs: () => number, work: () => Promise<T>): Promise<T> {
  const startedBy = Math.min(startsWithinMs, remainingMs() - workMs) + Date.now();
  for (let lost = 0; ; ) {
    try {
      return await work();
    } catch (error) {
      if (isStarting(error) && Date.now() < startedBy) await sleep(pauseMs);
      else if (!hasCode(error, "DatabaseConnectionLost")) throw error;
      else if (lost++ >= (partsOf(error.cause).code === timedOutByUser ? 5 : 1)) throw error;
    }
  }
}

/**
 * Whether the server is not ready yet. While Aurora Serverless resumes, it holds the connection for longer than a client
 * waits, or answers that pg_hba.conf has no line for it.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
 */
function isStarting(error: unknown): boolean {
  if (!(error instanceof RotationError)) return false;
  const { code, message } = partsOf(error.cause);
  return (
    error.code === "DatabaseStarting" ||
    (error.code === "LoginNotAllowed" && /no pg_hba\.conf entry/.test(message)) ||
    (error.code === "DatabaseUnreachable" && ["", "ETIMEDOUT"].includes(code))
  );
}
