import { RotationError } from "../errors";

/** A `transaction_timeout` of the user's that ends a session before its first statement could end the limit: by chance. */
const timedOutByUser = "25P04";

/**
 * Does the work again where a connection broke in it, once; up to five times where the user's own limit ended it. A
 * connection that broke may have carried a change through: doing it all again finds out which password is valid.
 * Anything but a lost connection would fail the same way again.
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
