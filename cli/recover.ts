import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import {
  CancelRotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { secretsManagerError } from "../rotation-fn/secret/secretsManagerError";
import type { Command, Context } from "./command";
import { eachSecret } from "./eachSecret";
import { type TriedVersion, tryVersions } from "./logins";
import { type Action, planRecovery, type RecoveryPlan } from "./recovery";
import { asReported } from "./remedies";
import { type RotationReport, rotateOne } from "./rotate";
import { labeledVersion, readSecretState, type SecretState } from "./secretState";
import { UsageError } from "./terminal/commandLine";
import { columns, shortVersionId } from "./terminal/terminal";

interface Recovered {
  readonly secret: string;
  readonly ok: boolean;
  readonly found: string;
  readonly done: readonly string[];
  readonly advice?: string;
  readonly rotation?: RotationReport;
}

/** Finds out the state of each secret, shows a plan, asks, and runs the plan. */
export const recover: Command = async (context) => {
  const secrets = await eachSecret<Recovered>(
    context,
    (secret) => recoverOne(context, secret),
    (secret, { message: found, remedy: advice }) => ({ secret, ok: false, found, done: [], advice }),
  );
  const ok = secrets.every((secret) => secret.ok);
  context.terminal.result({ ok, secrets });
  return ok;
};

async function recoverOne(context: Context, secretId: string): Promise<Recovered> {
  const { terminal, clients } = context;
  const client = clients.secretsManager;
  const done: string[] = [];
  let confirmedActions: readonly Action[] = [];
  let { state, versions, plan } = await inspectSecret(context, secretId);
  const { found } = plan;
  showFindings(context, state, versions);
  const resultOf = (ok: boolean, more: Partial<Recovered> = {}): Recovered => ({
    ...{ secret: state.name, ok, found, done },
    ...(plan.advice && { advice: plan.advice }),
    ...more,
  });
  const giveUp = (advice: string): Recovered => {
    const left = done.length === 0 ? "" : ` Done before: ${done.join(", ")}. Run recover again to complete the plan.`;
    terminal.say(`${advice}${left}`);
    return resultOf(false, { advice });
  };

  // Reads the state again after each change. A step that was running when rotation was turned off may have changed the
  // database.
  for (let reads = 0; reads < 12; reads++) {
    const [next] = plan.actions;
    if (next === undefined) {
      showPlan(context, plan);
      terminal.say();
      return resultOf(plan.advice === undefined);
    }
    if (!plan.actions.every((action) => confirmedActions.some((known) => isDeepStrictEqual(known, action)))) {
      showPlan(context, plan);
      if (!(await isConfirmed(context)))
        return giveUp(done.length === 0 ? "Nothing was changed." : "Nothing else was changed.");
      confirmedActions = plan.actions;
    }
    if (next.do === "rotate") {
      const rotation = await rotateOne(context, state);
      return resultOf(rotation.ok, { rotation, done: [...done, describeAction(next)] });
    }
    try {
      await applyChange(client, state.arn, next);
      done.push(describeAction(next));
      terminal.say(`${terminal.color.green("done")}  ${describeAction(next)}`);
      await waitUntilVisible(context, secretId, next);
      ({ state, versions, plan } = await inspectSecret(context, secretId));
    } catch (error) {
      if (done.length === 0) throw error;
      const { message, remedy } = asReported(error, context.env);
      return giveUp(`${message}. ${remedy ?? ""}`.trimEnd());
    }
  }
  return giveUp("The secret keeps changing: check whether another person or program is changing it.");
}

async function inspectSecret(
  context: Context,
  secretId: string,
): Promise<{ state: SecretState; versions: readonly TriedVersion[]; plan: RecoveryPlan }> {
  const state = await readSecretState(context.clients.secretsManager, secretId);
  const versions = await tryVersions(context, state);
  return { state, versions, plan: planRecovery({ ...state, versions }) };
}

type Change = Exclude<Action, { readonly do: "rotate" }>;

async function applyChange(client: SecretsManagerClient, SecretId: string, action: Change): Promise<void> {
  const operation = action.do === "cancel" ? "CancelRotateSecret" : "UpdateSecretVersionStage";
  try {
    if (action.do === "cancel") return void (await client.send(new CancelRotateSecretCommand({ SecretId })));
    // The service refuses if the label has moved since.
    const { label: VersionStage, to: MoveToVersionId, from: RemoveFromVersionId } = action;
    const move = { SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId };
    await client.send(new UpdateSecretVersionStageCommand(move));
  } catch (error) {
    throw secretsManagerError(error, `secretsmanager:${operation}`, SecretId);
  }
}

/** Waits until reads show a change. Otherwise it would be made twice. */
async function waitUntilVisible({ clients, pollMs }: Context, secretId: string, action: Change): Promise<void> {
  for (let looks = 0; looks < 10; looks++) {
    const { rotation, versions } = await readSecretState(clients.secretsManager, secretId);
    if (action.do === "cancel" ? rotation !== "on" : labeledVersion(versions, action.label)?.id === action.to) return;
    await sleep(pollMs);
  }
}

async function isConfirmed({ options, terminal }: Context): Promise<boolean> {
  if (options.yes) return true;
  if (!terminal.interactive) throw new UsageError("recover asks before it changes anything: pass --yes in a script");
  return await terminal.confirm("Run this plan?");
}

function showFindings({ terminal }: Context, state: SecretState, versions: readonly TriedVersion[]): void {
  const { color: c } = terminal;
  terminal.say(`${c.bold(state.name)}  rotation is ${state.rotation === "never" ? "not configured" : state.rotation}`);
  const rows = versions.flatMap(({ id, labels, login }) => {
    if (login === undefined) return [];
    const { answer, username, address } = login;
    const found = [answer, username && `as ${username}`, address && `at ${address}`].filter(Boolean).join(" ");
    return [[shortVersionId(id), labels.join(" ") || "no label", found]];
  });
  for (const line of columns(rows, "  ")) terminal.say(line);
  const unknown = versions.find(({ login }) => login?.answer === "unknown")?.login;
  if (unknown) terminal.say(`  not tried: ${unknown.code}: ${unknown.what}. ${unknown.remedy ?? ""}`.trimEnd());
}

function showPlan({ terminal }: Context, { found, actions, advice }: RecoveryPlan): void {
  terminal.say(found);
  for (const [index, action] of actions.entries()) terminal.say(`  ${index + 1}. ${describeAction(action)}`);
  if (advice) terminal.say(`${terminal.color.bold("what to do")}  ${advice}`);
}

function describeAction(action: Action): string {
  if (action.do === "cancel") return "turn rotation off, so that no step runs in the meantime";
  if (action.do === "rotate") return "rotate, which also turns rotation on";
  const { label, from, to } = action;
  if (to === undefined) return `remove ${label} from ${shortVersionId(from)}`;
  return from === undefined
    ? `put ${label} on ${shortVersionId(to)}`
    : `move ${label} from ${shortVersionId(from)} to ${shortVersionId(to)}`;
}
