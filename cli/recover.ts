import { setTimeout as sleep } from "node:timers/promises";
import {
  CancelRotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { secretsManagerError } from "../rotation-fn/secret/secretsManagerError";
import type { Command, Context } from "./command";
import { type TriedVersion, tryVersions } from "./logins";
import { type Action, type Plan, planRecovery } from "./recovery";
import { type Rotated, rotateOne } from "./rotate";
import { labelled, readSecretState, type SecretState } from "./secretState";
import { UsageError } from "./terminal/commandLine";
import { columns, short } from "./terminal/terminal";

/** What became of one secret. */
interface Recovered {
  readonly secret: string;
  readonly ok: boolean;
  readonly found: string;
  readonly done: readonly string[];
  readonly advice?: string;
  readonly rotation?: Rotated;
}

/** Thrown where nobody is there to say yes: a matter of how the command was called. */
export class NobodyToAsk extends UsageError {}

/** Finds out what state each secret is in, shows what it would do, asks, and does it. */
export const recover: Command = async (context) => {
  const results: Recovered[] = [];
  for (const secret of context.targets.secrets) results.push(await recoverOne(context, secret));
  const ok = results.every((result) => result.ok);
  context.terminal.result({ ok, secrets: results });
  return ok;
};

async function recoverOne(context: Context, secretId: string): Promise<Recovered> {
  const { terminal, clients } = context;
  const client = clients.secretsManager;
  const done: string[] = [];
  let agreed: readonly Action[] = [];
  let { state, versions, plan } = await look(client, secretId);
  const { found } = plan;
  showFindings(context, state, versions);
  const over = (ok: boolean, more: Partial<Recovered> = {}): Recovered => ({
    ...{ secret: state.name, ok, found, done },
    ...(plan.advice && { advice: plan.advice }),
    ...more,
  });
  const given = (advice: string): Recovered => {
    const left = done.length === 0 ? "" : `; done before: ${done.join(", ")}. Run recover again to bring it to an end`;
    terminal.say(`${advice}${left}`);
    return over(false, { advice });
  };

  // Each change is followed by a fresh look: a step of the function that was under way when rotation was turned off
  // may still have changed the database.
  for (let looks = 0; looks < 12; looks++) {
    const [next] = plan.actions;
    if (next === undefined) {
      showPlan(context, plan);
      terminal.say();
      return over(plan.advice === undefined);
    }
    if (!plan.actions.every((action) => agreed.some((known) => same(known, action)))) {
      showPlan(context, plan);
      if (!(await allowed(context))) return given("nothing was changed after the question");
      agreed = plan.actions;
    }
    if (next.do === "rotate") {
      const rotation = await rotateOne(context, state);
      return over(rotation.ok, { rotation, done: [...done, describe(next)] });
    }
    await carryOut(client, state.arn, next);
    done.push(describe(next));
    terminal.say(`${terminal.colour.green("done")}  ${describe(next)}`);
    await untilShown(context, secretId, next);
    ({ state, versions, plan } = await look(client, secretId));
  }
  return given("the secret changes all the time: is somebody else at work on it?");
}

async function look(
  client: SecretsManagerClient,
  secretId: string,
): Promise<{ state: SecretState; versions: readonly TriedVersion[]; plan: Plan }> {
  const state = await readSecretState(client, secretId);
  const versions = await tryVersions(client, state);
  return { state, versions, plan: planRecovery({ ...state, versions }) };
}

async function carryOut(client: SecretsManagerClient, SecretId: string, action: Action): Promise<void> {
  if (action.do === "rotate") return;
  const operation = action.do === "cancel" ? "CancelRotateSecret" : "UpdateSecretVersionStage";
  try {
    if (action.do === "cancel") await client.send(new CancelRotateSecretCommand({ SecretId }));
    else {
      await client.send(
        new UpdateSecretVersionStageCommand({
          ...{ SecretId, VersionStage: action.label },
          ...(action.to !== undefined && { MoveToVersionId: action.to }),
          // The service refuses where the label is elsewhere by now.
          ...(action.from !== undefined && { RemoveFromVersionId: action.from }),
        }),
      );
    }
  } catch (error) {
    throw secretsManagerError(error, `secretsmanager:${operation}`, SecretId);
  }
}

/** Waits until reads show a change: one that lags would have it made a second time. */
async function untilShown({ clients, pollMs }: Context, secretId: string, action: Action): Promise<void> {
  for (let looks = 0; looks < 10; looks++) {
    const state = await readSecretState(clients.secretsManager, secretId);
    if (isShown(state, action)) return;
    await sleep(pollMs);
  }
}

function isShown({ rotation, versions }: SecretState, action: Action): boolean {
  if (action.do === "rotate") return true;
  if (action.do === "cancel") return rotation !== "on";
  return labelled(versions, action.label)?.id === action.to;
}

async function allowed({ options, terminal }: Context): Promise<boolean> {
  if (options.yes) return true;
  if (!terminal.interactive) throw new NobodyToAsk("recover asks before it changes anything: pass --yes in a script");
  return await terminal.confirm("Do this?");
}

function showFindings({ terminal }: Context, state: SecretState, versions: readonly TriedVersion[]): void {
  const { colour: c } = terminal;
  terminal.say(`${c.bold(state.name)}  rotation is ${state.rotation === "never" ? "not configured" : state.rotation}`);
  const rows = versions
    .filter(({ finding }) => finding !== undefined)
    .map(({ id, labels, finding }) => [
      short(id),
      labels.join(" ") || "no label",
      [finding?.answer, finding?.username && `as ${finding.username}`, finding?.where && `at ${finding.where}`]
        .filter(Boolean)
        .join(" "),
    ]);
  for (const line of columns(rows, "  ")) terminal.say(line);
  const unknown = versions.find(({ finding }) => finding?.answer === "unknown")?.finding;
  if (unknown) terminal.say(`  could not be tried: ${unknown.code}: ${unknown.what}`);
}

function showPlan({ terminal }: Context, { found, actions, advice }: Plan): void {
  terminal.say(found);
  for (const [index, action] of actions.entries()) terminal.say(`  ${index + 1}. ${describe(action)}`);
  if (advice) terminal.say(`${terminal.colour.bold("what to do")}  ${advice}`);
}

/** An action as it is shown before and after it is done. */
export function describe(action: Action): string {
  if (action.do === "cancel") return "turn rotation off for the moment, so that no step runs meanwhile";
  if (action.do === "rotate") return "rotate, which turns rotation on where it is off";
  const { label, from, to } = action;
  if (to === undefined) return `take ${label} off ${short(from)}`;
  return from === undefined ? `put ${label} on ${short(to)}` : `move ${label} from ${short(from)} to ${short(to)}`;
}

function same(one: Action, other: Action): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
