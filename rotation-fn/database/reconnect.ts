import { RotationError } from "../errors";

/** The user's `transaction_timeout` ended the session before its first statement could turn the limit off, which is chance. */
const timedOutByUser = "25P04";

/**
 * Repeats the work once if the connection broke, and up to five times if the user's own limit ended it. The server may
 * have made the change by then: the repetition finds out which password the database has. Any other error would occur
 * again.
 */
export async function withReconnect<T>(work: () => Promise<T>): Promise<T> {
  for (let lost = 0; ; lost++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RotationError && error.code === "DatabaseConnectionLost")) throw error;
      const { code } = (error.cause ?? {}) as { code?: string };
      if (lost >= (code === timedOutByUser ? 5 : 1)) throw error;
    }
  }
}
