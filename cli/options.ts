import { parseArgs } from "node:util";
import type { CommandOptions } from "./command";
import { type CommandName, summaries } from "./usage";

/** What was typed. */
export interface Options extends Omit<CommandOptions, "timeoutMs" | "sinceMs"> {
  /** Undefined with `--help` alone. */
  readonly command: CommandName | undefined;
  readonly secrets: readonly string[];
  readonly stackOutputs: string | undefined;
  readonly region: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly sinceMs: number | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

/** The command was not understood: exit code 2. */
export class UsageError extends Error {}

/** Which options only some commands take. */
const takenBy: Readonly<Record<string, readonly CommandName[]>> = {
  yes: ["recover"],
  timeout: ["rotate", "recover"],
  since: ["status", "logs"],
  follow: ["logs"],
  all: ["logs"],
};

/** @throws UsageError saying what is wrong */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (command !== undefined && !isCommand(command)) throw new UsageError(`there is no command ${command}`);
  if (rest.length > 0) throw new UsageError(`${rest.join(" ")}: secrets are named by --secret`);
  if (command === undefined && !values.help) throw new UsageError("which command?");
  for (const [option, commands] of Object.entries(takenBy)) {
    if (command !== undefined && option in values && !commands.includes(command)) {
      throw new UsageError(`${command} takes no --${option}`);
    }
  }
  return {
    command,
    secrets: values.secret ?? [],
    stackOutputs: values["stack-outputs"],
    region: values.region,
    timeoutMs: duration("timeout", values.timeout),
    sinceMs: duration("since", values.since),
    yes: values.yes ?? false,
    follow: values.follow ?? false,
    all: values.all ?? false,
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        secret: { type: "string", multiple: true },
        "stack-outputs": { type: "string" },
        region: { type: "string" },
        timeout: { type: "string" },
        since: { type: "string" },
        yes: { type: "boolean" },
        follow: { type: "boolean" },
        all: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0]);
  }
}

function duration(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = ""] = /^(\d+)(s|m|h|d)$/.exec(text) ?? [];
  const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  if (count === undefined) throw new UsageError(`--${option} takes a time such as 90s, 30m, 12h or 7d, not ${text}`);
  return Number(count) * (seconds[unit] ?? 0) * 1000;
}

function isCommand(text: string): text is CommandName {
  return Object.hasOwn(summaries, text);
}
