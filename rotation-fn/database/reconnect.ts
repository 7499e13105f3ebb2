import { RotationError } from "../errors";

/**
 * Does the work again where a connection broke in it, once. A connection that broke may have carried a change through:
 * doing it all again finds out what is in force. Anything but a lost connection would fail the same way again.
 */
export async function withOneReconnect<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RotationError && error.code === "DatabaseConnectionLost")) throw error;
    return await work();
  }
}
