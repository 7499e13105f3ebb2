import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { Listr } from "listr2";
import { type Step, steps } from "../rotation-fn/event";
import { secretsManagerError } from "../rotation-fn/secret/secretsManagerError";
import type { Command, Context } from "./command";
import { eachSecret } from "./eachSecret";
import { followFailureOf, followRotation, type RotationTrouble, refusalOf } from "./follow";
import { readSecretState, type SecretState } from "./secretState";
import { shortVersionId } from "./terminal/terminal";

/** The result of one rotation. */
export interface RotationReport {
  readonly secret: string;
  readonly ok: boolean;
  /** ID of the rotation's version; undefined if the secret could not be read. */
  readonly version?: string;
  readonly durationMs?: number;
  readonly trouble?: RotationTrouble;
}

/** Rotates each secret, one after the other, and waits until AWSCURRENT has moved. */
export const rotate: Command = async (context) => {
  const rotations = await eachSecret<RotationReport>(
    context,
    async (secret) => rotateOne(context, await readSecretState(context.clients.secretsManager, secret)),
    (secret, { message: what, code, remedy }) => ({
      ...{ secret, ok: false },
      trouble: { ...(code && { code }), what, remedy },
    }),
  );
  const ok = rotations.every((rotation) => rotation.ok);
  context.terminal.result({ ok, rotations });
  return ok;
};

/** Starts a rotation, which also turns rotation on, and shows each step when it is done. */
export async function rotateOne(context: Context, state: SecretState): Promise<RotationReport> {
  const { terminal, clients } = context;
  const { color: c } = terminal;
  const token = randomUUID();
  const startedAt = performance.now();
  terminal.say(`${c.bold(state.name)}  rotating to version ${shortVersionId(token)}`);

  let trouble: RotationTrouble | undefined;
  try {
    await clients.secretsManager.send(new RotateSecretCommand({ SecretId: state.arn, ClientRequestToken: token }));
  } catch (error) {
    trouble = refusalOf(secretsManagerError(error, "secretsmanager:RotateSecret", state.arn), context.env);
  }
  trouble ??= await followSteps(context, state, token).catch((error) => followFailureOf(error, context.env));
  const durationMs = Math.round(performance.now() - startedAt);
  if (trouble === undefined) {
    terminal.say(c.green(`AWSCURRENT is on ${shortVersionId(token)}, after ${(durationMs / 1000).toFixed(1)} s.`));
  } else {
    const where = [trouble.step, trouble.code].filter(Boolean).join(" ");
    terminal.say(`${c.red(where ? `${where} failed` : "not complete")}  ${trouble.what}`);
    if (trouble.clients) terminal.say(trouble.clients);
    terminal.say(`${c.bold("what to do")}  ${trouble.remedy}`);
  }
  terminal.say();
  return { secret: state.name, ok: trouble === undefined, version: token, durationMs, ...(trouble && { trouble }) };
}

async function followSteps(context: Context, state: SecretState, token: string): Promise<RotationTrouble | undefined> {
  const { color, progress } = context.terminal;
  const done = new EventEmitter();
  const end = new AbortController();
  const tasks = steps.map((step) => {
    const stepDone = once(done, step, { signal: end.signal });
    stepDone.catch(() => undefined);
    return {
      title: step,
      async task(_: unknown, task: { title: string }): Promise<void> {
        const [durationMs] = await stepDone;
        if (durationMs !== undefined) task.title = `${step.padEnd(16)}${color.dim(`${durationMs} ms`)}`;
      },
    };
  });
  const onStep = (step: Step, durationMs?: number) => done.emit(step, durationMs);
  const rotation = followRotation(context, state, token, onStep).finally(() => end.abort());
  // An error is shown once, below the steps.
  await Promise.allSettled([rotation, new Listr(tasks, progress).run()]);
  return rotation;
}
