import assert from "node:assert/strict";
import { managed, type RotationResult, type Target } from "./target";

/** Both strategies, and both kinds of administrators. */
export const bothWays = [managed[1], managed[2]] as const;

/** Rotates three times, whatever comes of it. @returns the answer of the last */
export async function tryThrice(t: Target): Promise<RotationResult> {
  await t.rotate();
  await t.rotate();
  return t.rotate();
}

/** As the server's log has it, the administrator did not sign in. */
export async function adminStayedOut({ postgres, admin }: Target): Promise<void> {
  const log = await postgres.completeLog();
  assert.ok(!log.includes(`connection authorized: user=${admin.username}`), "the administrator signed in");
}
