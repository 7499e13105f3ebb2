import assert from "node:assert/strict";
import { type Health, healthOf } from "../../cli/health";
import { readSecretState } from "../../cli/secretState";
import type { Harness } from "../world/harness";
import { runOps } from "../world/runOps";

/** After this time, `status` no longer regards a pending version as a rotation in progress. */
const afterGracePeriodMs = 61_000;

/** The result of `status` for a secret that is no longer being rotated. */
export async function statusOf({ client }: Harness, secretId: string): Promise<Health> {
  return healthOf(await readSecretState(client, secretId), new Date(Date.now() + afterGracePeriodMs));
}

/**
 * Runs a command as an operator would, without a terminal and without the function's log.
 *
 * @returns whether the command reports success, and what it printed
 */
export async function runCommand(
  harness: Harness,
  secretId: string,
  command: "rotate" | "recover",
  timeoutSeconds: number,
): Promise<{ readonly succeeded: boolean; readonly output: string }> {
  const options = ["--json", "--timeout", `${timeoutSeconds}s`, ...(command === "recover" ? ["--yes"] : [])];
  // Ends a kill of the last step, which would also refuse the requests of the command.
  harness.effects.enter(undefined);
  // Each poll logs in: a shorter interval would slow down the rotation.
  const { code, stdout, stderr, json } = await runOps([command, "--secret", secretId, ...options], harness.env, {
    pollMs: 100,
  });
  // The command may have ended before its rotation.
  await harness.service.rotationFinished(secretId).catch(() => undefined);
  // The service may refuse a command, with an error that has a remedy. Any other error is a fault of the command.
  const error = json().error as { readonly remedy?: string } | undefined;
  assert.ok(error === undefined || error.remedy, `${command} threw an unexpected error: ${stderr}`);
  return { succeeded: code === 0, output: stderr + stdout };
}
