import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import type { Context } from "../../cli/command";
import { type Health, healthOf } from "../../cli/health";
import { recover } from "../../cli/recover";
import { rotate } from "../../cli/rotate";
import { readSecretState, type SecretState } from "../../cli/secretState";
import { terminal } from "../../cli/terminal/terminal";
import type { Harness } from "../world/harness";
import type { OperatorAction } from "./plan";

/** The actions that are commands of this project. */
export type SoakCommand = Extract<OperatorAction, `run ${string}`>;

/** After this time, `status` no longer treats a pending version as a rotation in progress. */
const muchLaterMs = 61_000;

/** The result of `status` for a secret that is no longer being rotated. */
export async function statusOf(
  { client }: Harness,
  secretId: string,
): Promise<{ readonly state: SecretState; readonly health: Health }> {
  const state = await readSecretState(client, secretId);
  return { state, health: healthOf(state, new Date(Date.now() + muchLaterMs)) };
}

/**
 * Runs a command as an operator would, without a terminal and without the function's log.
 *
 * @returns whether the command reports success
 */
export async function runCommand(
  harness: Harness,
  secretId: string,
  command: "rotate" | "recover",
  timeoutMs: number,
  onOutput: (text: string) => void,
): Promise<boolean> {
  const out = new PassThrough();
  out.on("data", (chunk: Buffer) => onOutput(chunk.toString()));
  const context: Context = {
    targets: { secrets: [secretId], region: undefined },
    clients: { secretsManager: harness.client, rds: undefined, aws: undefined, local: true, destroy: () => undefined },
    terminal: terminal({ stdin: new PassThrough(), stdout: out, stderr: out, env: { NO_COLOR: "1" } }, false),
    now: () => new Date(),
    // Each poll logs in: a shorter interval would slow down the rotation.
    pollMs: 100,
    options: { yes: true, timeoutMs, sinceMs: 0, follow: false, all: false },
    ...{ values: {}, env: {} },
  };
  // After a kill in the last step, the requests of the command would be refused too.
  harness.effects.enter(undefined);
  try {
    return await (command === "rotate" ? rotate : recover)(context);
  } catch (error) {
    // The service may refuse a command, with an error of the catalogue. Any other error is a fault of the command.
    assert.ok(error instanceof Error && "remedy" in error, `${command} threw an unexpected error: ${error}`);
    onOutput(`${error.message}\n`);
    return false;
  } finally {
    // The command may have ended before its rotation.
    await harness.service.rotationFinished(secretId).catch(() => undefined);
  }
}
