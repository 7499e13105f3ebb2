import { randomUUID } from "node:crypto";
import { RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { Listr } from "listr2";
import { type Step, steps } from "../rotation-fn/event";
import { secretsManagerError } from "../rotation-fn/secret/secretsManagerError";
import type { Command, Context } from "./command";
import { follow, type RotationTrouble, refusalOf, type StepSeen } from "./follow";
import { atTerminal, type Reported } from "./remedies";
import { readSecretState, type SecretState } from "./secretState";
import { nameOf } from "./targets";
import { short } from "./terminal/terminal";

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
  const results: RotationReport[] = [];
  for (const secret of context.targets.secrets) {
    results.push(await readAndRotate(context, secret));
  }
  const ok = results.every((result) => result.ok);
  context.terminal.result({ ok, rotations: results });
  return ok;
};

/** With several secrets, one that cannot be read does not keep the others from being rotated. */
async function readAndRotate(context: Context, secret: string): Promise<RotationReport> {
  try {
    return await rotateOne(context, await readSecretState(context.clients.secretsManager, secret));
  } catch (error) {
    if (context.targets.secrets.length === 1) throw error;
    const { message: what, code, remedy } = showUnreadable(context, secret, error);
    return { secret: nameOf(secret), ok: false, trouble: { ...(code && { code }), what, remedy } };
  }
}

/** Reports a secret that a command skips. */
export function showUnreadable({ terminal, env }: Context, secret: string, error: unknown): Required<Reported> {
  const { message, code = "", remedy = "" } = atTerminal(error, env);
  terminal.say(`${terminal.color.bold(nameOf(secret))}  ${terminal.color.red("unreadable")}: ${message}`);
  terminal.say(`${terminal.color.bold("what to do")}  ${remedy}`);
  terminal.say();
  return { message, code, remedy };
}

/** Starts a rotation, which also turns rotation on, and shows each step when it is done. */
export async function rotateOne(context: Context, state: SecretState): Promise<RotationReport> {
  const { terminal, clients } = context;
  const { color: c } = terminal;
  const token = randomUUID();
  const startedAt = performance.now();
  const done = (trouble?: RotationTrouble): RotationReport => ({
    ...{ secret: state.name, ok: trouble === undefined, version: token },
    durationMs: Math.round(performance.now() - startedAt),
    ...(trouble && { trouble }),
  });
  terminal.say(`${c.bold(state.name)}  rotating to version ${short(token)}`);

  let trouble: RotationTrouble | undefined;
  try {
    await clients.secretsManager.send(new RotateSecretCommand({ SecretId: state.arn, ClientRequestToken: token }));
  } catch (error) {
    trouble = refusalOf(secretsManagerError(error, "secretsmanager:RotateSecret", state.arn), context.env);
  }
  trouble ??= await showSteps(context, (onStep) => follow(context, state, token, onStep));
  const result = done(trouble);
  if (trouble === undefined) {
    terminal.say(c.green(`AWSCURRENT is on ${short(token)}, after ${((result.durationMs ?? 0) / 1000).toFixed(1)} s.`));
  } else {
    const where = [trouble.step, trouble.code].filter(Boolean).join(" ");
    terminal.say(`${c.red(where ? `${where} failed` : "not complete")}  ${trouble.what}`);
    if (trouble.clients) terminal.say(trouble.clients);
    terminal.say(`${c.bold("what to do")}  ${trouble.remedy}`);
  }
  terminal.say();
  return result;
}

type Watch = (onStep: (seen: StepSeen) => void) => Promise<RotationTrouble | undefined>;

async function showSteps({ terminal }: Context, watch: Watch): Promise<RotationTrouble | undefined> {
  const ended = new Map<Step, (seen: StepSeen) => void>();
  const failed = new Map<Step, (error: Error) => void>();
  const lines = steps.map((step) => ({
    step,
    over: new Promise<StepSeen>((resolve, reject) => {
      ended.set(step, resolve);
      failed.set(step, reject);
    }),
  }));
  const watched = watch((seen) => ended.get(seen.step)?.(seen)).then((trouble) => {
    if (trouble) for (const fail of failed.values()) fail(new Error("not done"));
    return trouble;
  });
  watched.catch((error: Error) => {
    for (const fail of failed.values()) fail(error);
  });
  const tasks = lines.map(({ step, over }) => {
    over.catch(() => undefined);
    return {
      title: step,
      async task(_: unknown, task: { title: string }): Promise<void> {
        const { durationMs } = await over;
        if (durationMs !== undefined) task.title = `${step.padEnd(16)}${terminal.color.dim(`${durationMs} ms`)}`;
      },
    };
  });
  // The error is shown once, below the steps.
  await new Listr(tasks, terminal.progress).run().catch(() => undefined);
  return watched;
}
