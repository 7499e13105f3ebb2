import { setTimeout as sleep } from "node:timers/promises";
import { type Command, failureText, logOf, noLog } from "./command";
import { showUnreadable } from "./eachSecret";
import type { LogLine } from "./functionLog";
import { mapConcurrently } from "./mapConcurrently";
import { readSecretState } from "./secretState";
import { shortVersionId } from "./terminal/terminal";

/** Prints the function's log, and the remedies of failures. */
export const logs: Command = async (context) => {
  const { clients, targets, terminal, options, now, pollMs } = context;
  const { color: c } = terminal;
  const read = await mapConcurrently(targets.secrets, (secret) =>
    readSecretState(clients.secretsManager, secret).catch((error) => ({ secret, error })),
  );
  const states = read.flatMap((each) => ("error" in each ? [] : [each]));
  for (const each of read) {
    if (!("error" in each)) continue;
    if (states.length === 0) throw each.error;
    showUnreadable(context, each.secret, each.error);
  }
  // The secrets of a stack have one function. Those that are named without a stack may have several.
  const functions = new Map(states.map((state) => [state.functionArn, state]));
  const owners = targets.logGroupName === undefined ? [...functions.values()] : states.slice(0, 1);
  const sources = owners.flatMap((state) => logOf(context, state) ?? []);
  if (sources.length === 0) throw new Error(`the log was ${noLog(context)}`);
  const log = async (since: Date): Promise<LogLine[]> =>
    (await Promise.all(sources.map((source) => source(since)))).flat().sort((a, b) => a.at.getTime() - b.at.getTime());
  const names = new Map(states.map(({ arn, name }) => [arn, name]));

  const isSelected = (line: LogLine): boolean => {
    if (line.secret !== undefined) return names.has(line.secret);
    return (
      options.all ||
      line.message.startsWith("[ROTATION]") ||
      line.level === "ERROR" ||
      /Task timed out/.test(line.message)
    );
  };
  const print = (line: LogLine): void => {
    const failed = line.outcome === "failed" || line.level === "ERROR";
    const text = failed ? c.red(failureText(line)) : line.message.replace(/^\[ROTATION\] /, "");
    const time = line.at.toISOString().slice(0, 19).replace("T", " ");
    const ms = line.durationMs === undefined ? "" : c.dim(` ${line.durationMs} ms`);
    const about = [names.get(line.secret ?? ""), line.token && shortVersionId(line.token)].filter(Boolean).join(" ");
    terminal.say(`${c.dim(time)}  ${about ? `${about}  ` : ""}${text}${ms}`);
    if (failed && line.remedy) terminal.say(`${" ".repeat(21)}${line.remedy}`);
  };

  let since = new Date(now().getTime() - options.sinceMs);
  const seen = new Set<string>();
  const printed: LogLine[] = [];
  for (;;) {
    for (const line of await log(since)) {
      const key = JSON.stringify(line);
      if (seen.has(key) || !isSelected(line)) continue;
      seen.add(key);
      printed.push(line);
      print(line);
    }
    if (!options.follow) break;
    // CloudWatch delivers lines late and out of order.
    since = new Date(Math.max(since.getTime(), now().getTime() - 60_000));
    await sleep(pollMs);
  }
  if (printed.length === 0) terminal.say("No lines.");
  terminal.result({ ok: true, lines: printed });
  return true;
};
