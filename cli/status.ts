import { atOnce } from "./atOnce";
import { type Command, type Context, failureText, logOf, noLog } from "./command";
import type { LogLine } from "./functionLog";
import { complete, type Health, healthOf } from "./health";
import { clientsDuring, stepsSeen } from "./lockOut";
import { atTerminal, type Reported } from "./remedies";
import { labelled, readSecretState, type SecretState, unfinished } from "./secretState";
import { type StatusRow, showTable, turnOnCommand, unreadable } from "./statusTable";
import { nameOf } from "./targets";
import { columns, moment, short, span } from "./terminal/terminal";

interface Found {
  readonly state: SecretState;
  readonly health: Health;
  /** The last failure since the last successful rotation; a text if the log could not be read. */
  readonly lastError: LogLine | string | undefined;
}

interface Unreadable {
  readonly secret: string;
  readonly error: Reported;
}

/** Shows the labels, dates and last error of one secret, or a table of several. Reads no value. */
export const status: Command = async (context) => {
  const { targets, terminal } = context;
  const all = await atOnce(targets.secrets, (secret) =>
    find(context, secret).catch((error): Unreadable => ({ secret, error: atTerminal(error, context.env) })),
  );
  const [first] = all;
  // If no secret can be read, the command itself has failed.
  if (first && "error" in first && all.every((each) => "error" in each)) throw first.error;

  if (first && !("error" in first) && all.length === 1) show(context, first);
  else showTable(context, all.map(rowOf));
  for (const each of all) if (!("error" in each)) offerToTurnOn(context, each);
  const ok = all.every((each) => !("error" in each) && each.health.ok);
  terminal.result({ ok, secrets: all.map((each) => summary(each, context.now())) });
  return ok;
};

async function find(context: Context, secret: string): Promise<Found> {
  const state = await readSecretState(context.clients.secretsManager, secret);
  const lastError = await lastErrorOf(context, state);
  const health = await withLog(context, state, healthOf(state, context.now()));
  return { state, health, lastError };
}

/** Adds what the log shows of an incomplete rotation, and whether clients are refused. A failed one is stuck. */
async function withLog(context: Context, state: SecretState, health: Health): Promise<Health> {
  const pending = unfinished(state.versions);
  if (pending === undefined || !["rotating", "stuck"].includes(health.verdict)) return health;
  const since = new Date(context.now().getTime() - context.options.sinceMs);
  const lines = await logOf(context, state)?.(since, { token: pending.id }).catch(() => undefined);
  const seen = `the log shows ${lines ? stepsSeen(lines) : "nothing that this machine can read"}`;
  const detail = `${health.detail}; ${seen}. ${clientsDuring(state.strategy, pending, lines)}`;
  // A later attempt at the same version may be running, but its labels would not show that either.
  const failed = lines?.findLast(({ outcome }) => outcome !== undefined)?.outcome === "failed";
  if (health.verdict !== "rotating" || !failed) return { ...health, detail };
  return { verdict: "stuck", ok: false, detail: `${detail} Run \`npm run ops -- recover\`.` };
}

async function lastErrorOf(context: Context, state: SecretState): Promise<Found["lastError"]> {
  const log = logOf(context, state);
  if (log === undefined) return noLog;
  const from = context.now().getTime() - context.options.sinceMs;
  const since = new Date(Math.max(from, state.lastRotatedAt?.getTime() ?? 0));
  try {
    return (await log(since, { level: "ERROR", secret: state.arn })).at(-1);
  } catch (error) {
    return (error as Error).message;
  }
}

function rowOf(each: Found | Unreadable): StatusRow {
  if ("error" in each) {
    return { name: nameOf(each.secret), verdict: unreadable, ok: false, note: each.error.message };
  }
  const { state, health, lastError } = each;
  const note = typeof lastError === "object" && !health.ok ? failureText(lastError) : health.detail;
  return { ...state, verdict: health.verdict, ok: health.ok, note: note === complete ? "" : note };
}

function offerToTurnOn({ terminal }: Context, { state, health }: Found): void {
  if (health.verdict !== "rotation off" || state.rotation !== "off") return;
  terminal.say(`To turn it on without rotating: ${turnOnCommand(state.name)}`);
}

function show({ terminal, now }: Context, { state, health, lastError }: Found): void {
  const { color: c } = terminal;
  const date = (at: Date | undefined, otherwise: string): string => (at ? moment(at, now()) : otherwise);
  const paint = health.ok ? c.green : c.red;
  const detail = health.detail === complete ? "" : `: ${health.detail}`;
  terminal.say(`${c.bold(state.name)}  ${paint(health.verdict)}${detail}`);
  const labels = state.versions.flatMap(({ id, labels: of, createdAt }) =>
    of.map((label) => [
      label,
      `${short(id)}  ${createdAt ? `${span(now().getTime() - createdAt.getTime())} old` : ""}`,
    ]),
  );
  const rows = [
    ...labels.sort(([a = ""], [b = ""]) => a.localeCompare(b)),
    ["last rotation", date(state.lastRotatedAt, state.rotation === "off" ? "not known: rotation is off" : "never")],
    [
      "next rotation",
      date(state.nextRotationAt, state.rotation === "on" ? "set by its schedule" : "none: rotation is off"),
    ],
    ["last error", typeof lastError === "object" ? `${moment(lastError.at, now())}` : (lastError ?? "none")],
  ];
  for (const line of columns(rows, "  ")) terminal.say(line);
  if (typeof lastError === "object") {
    terminal.say(`    ${c.red(failureText(lastError))}`);
    if (lastError.remedy) terminal.say(`    ${lastError.remedy}`);
  }
  terminal.say();
}

function summary(each: Found | Unreadable, now: Date): object {
  if ("error" in each) {
    const { message: detail, code, remedy } = each.error;
    return { name: nameOf(each.secret), verdict: unreadable, ok: false, detail, code, remedy };
  }
  const { state, health, lastError } = each;
  const { name, arn, rotation, versions, lastRotatedAt, nextRotationAt } = state;
  const { createdAt } = labelled(versions, "AWSCURRENT") ?? {};
  const { at, step, code, what, remedy }: Partial<LogLine> = typeof lastError === "object" ? lastError : {};
  return {
    ...{ name, arn, verdict: health.verdict, ok: health.ok, detail: health.detail, rotation },
    labels: Object.fromEntries(versions.flatMap(({ id, labels }) => labels.map((label) => [label, id]))),
    ageDays: createdAt ? Math.floor((now.getTime() - createdAt.getTime()) / 86_400_000) : null,
    ...{ lastRotation: lastRotatedAt ?? null, nextRotation: nextRotationAt ?? null },
    lastError: at === undefined ? null : { at, step, code, what, remedy },
    ...(typeof lastError === "string" && { lastErrorNote: lastError }),
  };
}
