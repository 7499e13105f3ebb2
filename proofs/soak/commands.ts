import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import type { Context } from "../../cli/command";
import { type Health, healthOf } from "../../cli/health";
import { recover } from "../../cli/recover";
import { rotate } from "../../cli/rotate";
import { readSecretState, type SecretState } from "../../cli/secretState";
import { terminal } from "../../cli/terminal/terminal";
import type { Harness } from "../world/harness";
import type { Deed } from "./plan";

/** The deeds that are this project's own commands. */
export type Command = Extract<Deed, `run ${string}`>;

/** After this, a pending version is no longer taken for one that is being made. */
const muchLaterMs = 61_000;

/** What `status` says about a secret that nobody is rotating any more. */
export async function statusOf(
  { client }: Harness,
  secretId: string,
): Promise<{ readonly state: SecretState; readonly health: Health }> {
  const state = await readSecretState(client, secretId);
  return { state, health: healthOf(state, new Date(Date.now() + muchLaterMs)) };
}

/**
 * Runs a command as an operator would, with nobody to ask and no log to read.
 *
 * @returns what it said about its own success
 */
export async function runCommand(
  stand: Harness,
  secretId: string,
  command: "rotate" | "recover",
  timeoutMs: number,
  onOutput: (text: string) => void,
): Promise<boolean> {
  const out = new PassThrough();
  out.on("data", (chunk: Buffer) => onOutput(chunk.toString()));
  const context: Context = {
    targets: { ...noTargets, secrets: [secretId] },
    clients: { secretsManager: stand.client, aws: undefined, local: true, destroy: () => undefined },
    terminal: terminal({ stdin: new PassThrough(), stdout: out, stderr: out, env: { NO_COLOR: "1" } }, false),
    now: () => new Date(),
    // Each look logs in: more of them would take the processor from the rotation that is looked at.
    pollMs: 100,
    options: { yes: true, timeoutMs, sinceMs: 0, follow: false, all: false },
    ...{ values: {}, env: {} },
  };
  // A function that was killed in the last step would keep the command from Secrets Manager, too.
  stand.effects.enter(undefined);
  try {
    return await (command === "rotate" ? rotate : recover)(context);
  } catch (error) {
    // Refusals of the service, in the catalogue's words: anything else is a fault of the command.
    assert.ok(error instanceof Error && "remedy" in error, `${command} broke: ${error}`);
    onOutput(`${error.message}\n`);
    return false;
  } finally {
    // Its rotation may go on where it was not waited for.
    await stand.service.rotationFinished(secretId).catch(() => undefined);
  }
}

const noTargets: Omit<Context["targets"], "secrets"> = {
  functionName: undefined,
  logGroupName: undefined,
  region: undefined,
  alarmTopicArn: undefined,
};
