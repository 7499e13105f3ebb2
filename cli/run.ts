import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { adopt } from "./adopt/adopt";
import { type Clients, createClients } from "./clients";
import type { Command } from "./command";
import { logs } from "./logs";
import { type CommandName, type OpsValues, ops } from "./options";
import { trustDatabases } from "./preflight/databaseTrust";
import { preflight } from "./preflight/preflight";
import { recover } from "./recover";
import { asReported } from "./remedies";
import { rotate } from "./rotate";
import { status } from "./status";
import { selectTargets, type Targets, targetsOfNames, targetsOfStack } from "./targets";
import { commandOf, helpOf, overviewOf, parse, UsageError } from "./terminal/commandLine";
import { printError } from "./terminal/program";
import { type Streams, terminal } from "./terminal/terminal";
import { verify } from "./verify";

const commands: Readonly<Record<CommandName, Command>> = { status, rotate, verify, recover, logs, preflight, adopt };

/**
 * Runs one command line.
 *
 * @param overrides - For tests: the time, and milliseconds between two polls.
 * @returns the exit code: 0 success, 1 a problem was found, 2 invalid command line.
 */
export async function runCommandLine(
  args: readonly string[],
  streams: Streams,
  overrides: { readonly now?: () => Date; readonly pollMs?: number } = {},
): Promise<number> {
  const json = args.includes("--json");
  let clients: Clients | undefined;
  let name: string = ops.name;
  try {
    const found = commandOf(ops, args);
    if (found !== undefined) name = ops.commands[found.command].name;
    const parsed = found && parse(ops.commands[found.command], found.rest);
    if (found === undefined || parsed === undefined) {
      streams.stdout.write(found === undefined ? overviewOf(ops) : helpOf(ops.commands[found.command]));
      return 0;
    }
    const values: OpsValues = parsed.values;
    const targets = await targetsOf(found.command, values, streams);
    if (values.region !== undefined && targets.region !== undefined && values.region !== targets.region) {
      throw new UsageError(`--region is ${values.region}, but the ARN is of ${targets.region}: omit --region`);
    }
    clients = createClients(streams.env, values.region ?? targets.region);
    // Without a region, the first call fails.
    trustDatabases([await clients.secretsManager.config.region().catch(() => undefined)], values.ca);
    const ok = await commands[found.command]({
      ...{ targets, clients, terminal: terminal(streams, json), env: streams.env },
      now: overrides.now ?? (() => new Date()),
      pollMs: overrides.pollMs ?? (clients.local ? 100 : 1000),
      options: { ...values, ...times(found.command, values, clients) },
    });
    return ok ? 0 : 1;
  } catch (error) {
    return printError(error instanceof UsageError ? error : asReported(error, streams.env), name, streams, { json });
  } finally {
    clients?.destroy();
  }
}

async function targetsOf(command: CommandName, values: OpsValues, { stdin }: Streams): Promise<Targets> {
  const { secret: secrets = [], "stack-outputs": file, host } = values;
  try {
    if (host !== undefined && (secrets.length > 0 || file !== undefined)) throw new Error("not both");
    if (command === "adopt" || host !== undefined) return targetsOfNames([]);
    if (file !== undefined) return selectTargets(targetsOfStack(outputsIn(file)), secrets);
    if (secrets.length > 0) return targetsOfNames(secrets);
    const piped = stdin.isTTY ? "" : await text(stdin);
    if (piped.trim() === "") throw new Error("name a secret with --secret, or pass the stack's outputs");
    return targetsOfStack(piped);
  } catch (error) {
    const choice = command === "preflight" && file === undefined ? "give either --secret or --host: " : "";
    throw new UsageError(`${command}: ${choice}${(error as Error).message}`);
  }
}

function outputsIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`${(error as Error).message}: run \`npx pulumi stack output --json > ${file}\``);
  }
}

function times(command: CommandName, { timeout, since }: OpsValues, { aws }: Clients) {
  const minute = 60_000;
  return {
    timeoutMs: timeout ?? (aws === undefined ? minute / 2 : 10 * minute),
    sinceMs: since ?? (command === "logs" ? 60 * minute : 7 * 24 * 60 * minute),
  };
}
