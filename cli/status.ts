import { describeClientAccess, stepsSeen } from "./clientAccess";
import { type Command, type Context, failureText, logOf, noLog } from "./command";
import type { LogLine } from "./functionLog";
import { type Health, healthOf, rotationComplete } from "./health";
import { mapConcurrently } from "./mapConcurrently";
import { asReported, type Reported } from "./remedies";
import { labeledVersion, pendingVersionOf, readSecretState, type SecretState } from "./secretState";
import { nameOf } from "./targets";
import { columns, formatDuration, formatTime, shortVersionId } from "./terminal/terminal";

/** The status of one secret. */
interface SecretStatus {
  readonly name: string;
  readonly health: Pick<Health, "ok" | "detail"> & { readonly verdict: Health["verdict"] | "unreadable" };
  /** Undefined if it could not be read. */
  readonly state?: SecretState;
  /** The last failure since the last successful rotation; a text if the log could not be read. */
  readonly lastError?: LogLine | string | undefined;
  /** Why it could not be read. */
  readonly error?: Reported;
}

/** Shows the labels, dates and last error of one secret, or a table of several. Reads no value. */
export const status: Command = async (context) => {
  const { targets, terminal } = context;
  const all = await mapConcurrently(targets.secrets, (secret) =>
    readStatus(context, secret).catch((thrown): SecretStatus => {
      const error = asReported(thrown, context.env);
      return { name: nameOf(secret), health: { verdict: "unreadable", ok: false, detail: error.message }, error };
    }),
  );
  const [first] = all;
  // If no secret can be read, the command itself has failed.
  if (first?.error && all.every(({ error }) => error)) throw first.error;

  if (first?.state && all.length === 1) show(context, first.state, first);
  else showTable(context, all);
  for (const each of all) offerToTurnOn(context, each);
  const ok = all.every(({ health }) => health.ok);
  terminal.result({ ok, secrets: all.map((each) => summary(each, context.now())) });
  return ok;
};

async function readStatus(context: Context, secret: string): Promise<SecretStatus> {
  const state = await readSecretState(context.clients.secretsManager, secret);
  const lastError = await lastErrorOf(context, state);
  const health = await addLogToHealth(context, state, healthOf(state, context.now()));
  return { name: state.name, state, health, lastError };
}

/** Adds the steps in the log of an incomplete rotation, and whether clients are refused. A failed rotation is stuck. */
async function addLogToHealth(context: Context, state: SecretState, health: Health): Promise<Health> {
  const pending = pendingVersionOf(state.versions);
  if (pending === undefined || !["rotating", "stuck"].includes(health.verdict)) return health;
  const since = new Date(context.now().getTime() - context.options.sinceMs);
  const lines = await logOf(context, state)?.(since, { token: pending.id }).catch(() => undefined);
  const seen = `the log shows ${lines ? stepsSeen(lines) : "nothing that this machine can read"}`;
  const detail = `${health.detail}; ${seen}. ${describeClientAccess(state.strategy, pending, lines)}`;
  // A later attempt at the same version may be running, but its labels would not show that either.
  const failed = lines?.findLast(({ outcome }) => outcome !== undefined)?.outcome === "failed";
  if (health.verdict !== "rotating" || !failed) return { ...health, detail };
  return { verdict: "stuck", ok: false, detail: `${detail} Run \`npm run ops -- recover\`.` };
}

async function lastErrorOf(context: Context, state: SecretState): Promise<SecretStatus["lastError"]> {
  const log = logOf(context, state);
  if (log === undefined) return noLog(context);
  const from = context.now().getTime() - context.options.sinceMs;
  const since = new Date(Math.max(from, state.lastRotatedAt?.getTime() ?? 0));
  try {
    return (await log(since, { level: "ERROR", secret: state.arn })).at(-1);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Prints one line for each secret, those that need action first. The sort is stable. */
function showTable({ terminal, now }: Context, all: readonly SecretStatus[]): void {
  const { say, color: c } = terminal;
  const ago = (date: Date | undefined): string =>
    date ? `${formatDuration(now().getTime() - date.getTime())} ago` : "never";
  const until = (date: Date | undefined): string => {
    if (date === undefined) return "-";
    return date > now() ? `in ${formatDuration(date.getTime() - now().getTime())}` : ago(date);
  };
  const sorted = [...all].sort((a, b) => Number(a.health.ok) - Number(b.health.ok));
  const cells = sorted.map(({ name, state, health, lastError }) => [
    name,
    health.verdict,
    // Secrets Manager hides the date while rotation is off.
    state === undefined || state.rotation === "off" ? "-" : ago(state.lastRotatedAt),
    until(state?.nextRotationAt),
    typeof lastError === "object" && !health.ok ? failureText(lastError) : noteOf(health, ""),
  ]);
  const [heading = "", ...lines] = columns([["secret", "", "last rotation", "next", ""], ...cells]);
  say(c.dim(heading));
  for (const [index, line] of lines.entries()) say(sorted[index]?.health.ok ? line : c.red(line));
  const needAction = all.filter(({ health }) => !health.ok).length;
  say();
  say(
    needAction === 0
      ? c.green(`All ${all.length} are healthy.`)
      : `${c.red(`${needAction} of ${all.length} need action.`)} Details: --secret <name>`,
  );
}

/** The detail, unless the secret is simply healthy. */
function noteOf({ detail }: Pick<Health, "detail">, before: string): string {
  return detail === rotationComplete ? "" : `${before}${detail}`;
}

function offerToTurnOn({ terminal }: Context, { name, state, health }: SecretStatus): void {
  if (health.verdict !== "rotation off" || state?.rotation !== "off") return;
  terminal.say(`To turn it on without rotating: ${turnOnCommand(name)}`);
}

function show({ terminal, now }: Context, state: SecretState, { health, lastError }: SecretStatus): void {
  const { color: c } = terminal;
  const date = (at: Date | undefined, otherwise: string): string => (at ? formatTime(at, now()) : otherwise);
  const verdictColor = health.ok ? c.green : c.red;
  terminal.say(`${c.bold(state.name)}  ${verdictColor(health.verdict)}${noteOf(health, ": ")}`);
  const labels = state.versions.flatMap(({ id, labels: of, createdAt }) =>
    of.map((label) => [
      label,
      `${shortVersionId(id)}  ${createdAt ? `${formatDuration(now().getTime() - createdAt.getTime())} old` : ""}`,
    ]),
  );
  const rows = [
    ...labels.sort(([a = ""], [b = ""]) => a.localeCompare(b)),
    ["last rotation", date(state.lastRotatedAt, state.rotation === "off" ? "not known: rotation is off" : "never")],
    [
      "next rotation",
      date(state.nextRotationAt, state.rotation === "on" ? "set by its schedule" : "none: rotation is off"),
    ],
    ["last error", typeof lastError === "object" ? `${formatTime(lastError.at, now())}` : (lastError ?? "none")],
  ];
  for (const line of columns(rows, "  ")) terminal.say(line);
  if (typeof lastError === "object") {
    terminal.say(`    ${c.red(failureText(lastError))}`);
    if (lastError.remedy) terminal.say(`    ${lastError.remedy}`);
  }
  terminal.say();
}

function summary({ name, state, health, lastError, error }: SecretStatus, now: Date): object {
  if (state === undefined) return { name, ...health, code: error?.code, remedy: error?.remedy };
  const { arn, rotation, versions, lastRotatedAt, nextRotationAt } = state;
  const { createdAt } = labeledVersion(versions, "AWSCURRENT") ?? {};
  const { at, step, code, what, remedy }: Partial<LogLine> = typeof lastError === "object" ? lastError : {};
  return {
    ...{ name, arn, ...health, rotation },
    labels: Object.fromEntries(versions.flatMap(({ id, labels }) => labels.map((label) => [label, id]))),
    ageDays: createdAt ? Math.floor((now.getTime() - createdAt.getTime()) / 86_400_000) : null,
    ...{ lastRotation: lastRotatedAt ?? null, nextRotation: nextRotationAt ?? null },
    lastError: at === undefined ? null : { at, step, code, what, remedy },
    ...(typeof lastError === "string" && { lastErrorNote: lastError }),
  };
}

/** A command that turns rotation on without rotating: Secrets Manager then only tests the function. */
export function turnOnCommand(secret: string): string {
  const word = /^[\w/+=.@:-]+$/.test(secret) ? secret : `'${secret.replaceAll("'", `'\\''`)}'`;
  return `aws secretsmanager rotate-secret --secret-id ${word} --no-rotate-immediately`;
}
