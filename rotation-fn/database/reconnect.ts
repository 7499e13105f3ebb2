import { RotationError } from "../errors";

/**
 * Repeats the work once if the connection broke. The server may have made the change by then: the repetition finds out
 * which password the database has. Any other error would occur again.
 */
export async function withOneReconnect<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RotationError && error.code === "DatabaseConnectionLost")) throw error;
    return await work();
  }
}
