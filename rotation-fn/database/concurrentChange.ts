import { setTimeout as sleep } from "node:timers/promises";
import { RotationError } from "../errors";
import type { Session } from "./session";

/** Attempts at a change that other changes of the same role get in the way of: four at the same time needed two. */
const attempts = 6;

/**
 * SQLSTATEs of a change that met another one: two makers of one role (23505, 42710), deadlock, serialization, and
 * XX000 with "tuple concurrently updated" or "concurrently deleted", for which PostgreSQL has no code of its own.
 */
function metAnother(error: RotationError): boolean {
  const code = sqlStateOf(error) ?? "";
  if (code === "XX000") return /concurrently (updated|deleted)/.test(error.message);
  return ["23505", "42710", "40P01", "40001"].includes(code);
}

/**
 * Changes a password, and again where another change of the same role got in its way: nothing of it has happened then.
 *
 * @param statement - The change, as one message.
 * @returns the rows of its last statement.
 * @throws RotationError; where the role was locked by an open transaction for too long, it says whose.
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
      if (sqlStateOf(error) === "55P03") throw await withHolders(session, error);
      if (attempt === attempts || !metAnother(error)) throw error;
      await sleep(Math.random() * 100 * attempt);
    }
  }
}

/** Whoever changes a role holds this lock until the end of its transaction. */
async function withHolders(session: Session, error: RotationError): Promise<RotationError> {
  const holders = await session
    .run(
      `SELECT format('process %s of %s', a.pid, a.usename) AS holder FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = 'pg_authid'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid() LIMIT 5`,
      "looking for who holds the lock",
      "SELECT",
    )
    .catch(() => []);
  const who = holders.map(({ holder }) => holder).join(", ") || "a transaction that has ended meanwhile";
  return new RotationError(error.code, `${error.message}: the role is being changed by ${who}`, { cause: error.cause });
}

function sqlStateOf({ cause }: RotationError): string | undefined {
  return (cause as { code?: string } | undefined)?.code;
}
