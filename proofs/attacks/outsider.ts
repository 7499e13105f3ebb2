import assert from "node:assert/strict";
import { type AttackTarget, managed, type RotationResult } from "./target";

/** Both strategies and both kinds of administrator. */
export const bothWays = [managed[1], managed[2]] as const;

/** Rotates three times, also if a rotation fails. @returns the result of the last */
export async function rotateThreeTimes(t: AttackTarget): Promise<RotationResult> {
  await t.rotate();
  await t.rotate();
  return t.rotate();
}

/** Asserts by the server's log that the administrator did not log in. */
export async function assertAdminNotLoggedIn({ postgres, admin }: AttackTarget): Promise<void> {
  const log = await postgres.completeLog();
  assert.ok(!log.includes(`connection authorized: user=${admin.username}`), "the administrator logged in");
}
