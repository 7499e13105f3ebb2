import { setTimeout as sleep } from "node:timers/promises";
import { partsOf, RotationError } from "../errors";
import type { Session } from "./session";

/** Attempts at a change that conflicts with other changes of the same role. Four concurrent changes needed two. */
const attempts = 6;

/**
 * Whether a change conflicted with another one: two sessions created the role (23505, 42710), deadlock, serialization, or
 * XX000 with "tuple concurrently updated" or "concurrently deleted", for which PostgreSQL has no code of its own.
 */
function isConflict(error: RotationError): boolean {
  const { code, message } = partsOf(error.cause);
  if (code === "XX000") return /concurrently (updated|deleted)/.test(message);
  return ["23505", "42710", "40P01", "40001"].includes(code);
}

/**
 * Changes a password. It repeats a change that conflicted with another one, because the server has rolled it back.
 *
 * @param statement - The change, as one message.
 * @returns the rows of its last statement.
 * @throws RotationError; if an open transaction locked the role for too long, the message names its session.
 */
export async function changePassword(
  session: Session,
  statement: string,
  purpose: string,
): Promise<readonly Record<string, unknown>[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await session.run(statement, purpose, "DO");
    } catch (error) {
      if (!(error instanceof RotationError)) throw error;
      if (partsOf(error.cause).code === "55P03") throw await errorWithHolders(session, error);
      if (attempt === attempts || !isConflict(error)) throw error;
      await sleep(Math.random() * 100 * attempt);
    }
  }
}

/** A session that changes a role holds this lock until the end of its transaction. */
async function errorWithHolders(session: Session, error: RotationError): Promise<RotationError> {
  const holders = await session
    .run(
      `SELECT format('process %s of %s', a.pid, a.usename) AS holder FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = 'pg_authid'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid() LIMIT 5`,
      "looking for the holder of the lock",
      "SELECT",
    )
    .catch(() => []);
  const who = holders.map(({ holder }) => holder).join(", ") || "a transaction that has ended since then";
  return new RotationError(error.code, `${error.message}: another session is changing the role: ${who}`, {
    cause: error.cause,
  });
}
