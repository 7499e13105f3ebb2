import assert from "node:assert/strict";
import type { AttackTarget, RotationResult } from "./target";

/** Rotates, and asserts that each rotation succeeds. */
export async function assertRotates(t: AttackTarget, times = 1): Promise<void> {
  for (let turn = 1; turn <= times; turn++) assert.deepEqual(await t.rotate(), { ok: true }, `rotation ${turn}`);
}

/** Rotates three times, also if a rotation fails. @returns the result of the last */
export async function rotateThreeTimes(t: AttackTarget): Promise<RotationResult> {
  await t.rotate();
  await t.rotate();
  return t.rotate();
}

/** Asserts that a session of the clone acts as the user. */
export async function assertActsAsUser({ as, clone, user }: AttackTarget): Promise<void> {
  assert.deepEqual(await as(clone, "SELECT current_user::text AS name"), [{ name: user }]);
}

/** Asserts that the passwords of AWSCURRENT and AWSPREVIOUS log in. */
export async function assertBothLogIn(t: AttackTarget): Promise<void> {
  assert.deepEqual([await t.logsIn("AWSCURRENT"), await t.logsIn("AWSPREVIOUS")], [true, true]);
}

/** Asserts by the server's log that the administrator did not log in. */
export async function assertAdminNotLoggedIn({ postgres, admin }: AttackTarget): Promise<void> {
  const log = await postgres.completeLog();
  assert.ok(!log.includes(`connection authorized: user=${admin.username}`), "the administrator logged in");
}
