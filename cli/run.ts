import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { type Clients, createClients } from "./clients";
import type { Command, CommandOptions } from "./command";
import { logs } from "./logs";
import { type Options, parseOptions, UsageError } from "./options";
import { trustDatabases } from "./preflight/databaseTrust";
import { NobodyToAsk, recover } from "./recover";
import { rotate } from "./rotate";
import { status } from "./status";
import { narrowed, type Targets, targetsOfNames, targetsOfStack } from "./targets";
import { type Streams, terminal } from "./terminal/terminal";
import { type CommandName, helpOf, overview } from "./usage";
import { verify } from "./verify";

const commands: Readonly<Record<CommandName, Command>> = { status, rotate, verify, recover, logs };

/**
 * Carries out one command line.
 *
 * @param overrides - For tests: the time, and milliseconds between two looks.
 * @returns the exit code: 0 all is well, 1 something is not or failed, 2 the command was not understood.
 */
export async function run(
  args: readonly string[],
  streams: Streams,
  overrides: { readonly now?: () => Date; readonly pollMs?: number } = {},
): Promise<0 | 1 | 2> {
  let json = false;
  let clients: Clients | undefined;
  try {
    const options = parseOptions(args);
    json = options.json;
    if (options.help || options.command === undefined) {
      streams.stdout.write(options.command === undefined ? overview : helpOf(options.command));
      return 0;
    }
    const targets = await targetsOf(options, streams);
    const region = options.region ?? targets.region;
    clients = createClients(streams.env, region);
    trustDatabases(await regionOf(clients.secretsManager));
    const ok = await commands[options.command]({
      ...{ targets, clients, terminal: terminal(streams, json) },
      now: overrides.now ?? (() => new Date()),
      pollMs: overrides.pollMs ?? (clients.local ? 100 : 1000),
      options: defaults(options, clients),
    });
    return ok ? 0 : 1;
  } catch (error) {
    const usage = error instanceof UsageError || error instanceof NobodyToAsk;
    return complain(error as Error, usage, json, streams);
  } finally {
    clients?.destroy();
  }
}

/** Named, of the environment or of the profile; where there is none, the first call says so. */
async function regionOf(client: Clients["secretsManager"]): Promise<string | undefined> {
  return client.config.region().catch(() => undefined);
}

async function targetsOf({ secrets, stackOutputs, command }: Options, { stdin }: Streams): Promise<Targets> {
  try {
    if (stackOutputs !== undefined) return narrowed(targetsOfStack(readFileSync(stackOutputs, "utf8")), secrets);
    if (secrets.length > 0) return targetsOfNames(secrets);
    if (stdin.isTTY) throw new Error("which secrets? Name one by --secret, or pass the stack's outputs");
    return targetsOfStack(await text(stdin));
  } catch (error) {
    throw new UsageError(`${command}: ${(error as Error).message}`);
  }
}

function defaults(options: Options, { aws }: Clients): CommandOptions {
  const minute = 60_000;
  return {
    ...options,
    timeoutMs: options.timeoutMs ?? (aws === undefined ? minute / 2 : 10 * minute),
    sinceMs: options.sinceMs ?? (options.command === "logs" ? 60 * minute : 7 * 24 * 60 * minute),
  };
}

/** Errors of the catalogue carry what to do about them. */
function complain(error: Error, usage: boolean, json: boolean, { stdout, stderr }: Streams): 1 | 2 {
  const remedy = "remedy" in error && typeof error.remedy === "string" ? error.remedy : undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  stderr.write(`${error.message}\n${remedy ? `${remedy}\n` : ""}`);
  if (usage) stderr.write("Try npm run ops -- --help\n");
  if (json) {
    stdout.write(`${JSON.stringify({ ok: false, error: { what: error.message, ...(code && { code }), remedy } })}\n`);
  }
  return usage ? 2 : 1;
}
