import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Option, Options, Values } from "./option";

/** Invalid command line: exit code 2. */
export class UsageError extends Error {}

/** Declares a program's command line, from which it is parsed, checked and explained. Each has `--help` and `-h`. */
export interface CommandLine<O extends Options = Options> {
  /** The text before the options: `npm start --`. */
  readonly name: string;
  /** What the program does. */
  readonly summary: string;
  /** Options by their names on the command line. */
  readonly options: O;
  /** Arguments besides options: `[part …]`. */
  readonly operands?: string;
  /** More paragraphs of its help. */
  readonly notes?: readonly string[];
}

/** Several command lines with one name and different first words. */
export interface Commands {
  readonly name: string;
  readonly summary: string;
  readonly commands: Readonly<Record<string, CommandLine>>;
  readonly notes?: readonly string[];
}

const exitCodes = "exit code: 0 success, 1 a problem was found, 2 invalid command line, 130 interrupted";
const help: Readonly<Record<string, Option<unknown>>> = {
  "help, -h": { help: "print this help", read: () => undefined },
};

/**
 * Parses a command line.
 *
 * @returns undefined if it contains `--help`
 * @throws UsageError that names the invalid option
 */
export function parse<O extends Options>(
  line: CommandLine<O>,
  args: readonly string[],
): { readonly values: Values<O>; readonly operands: readonly string[] } | undefined {
  const { values, positionals } = rawValues(line.options, args);
  if (values.help) return undefined;
  if (positionals.length > 0 && line.operands === undefined) {
    const named = "secret" in line.options ? "name secrets with --secret" : "only options are allowed";
    throw new UsageError(`${positionals.join(" ")}: ${named}`);
  }
  const read = Object.entries(line.options).map(([name, option]) => {
    try {
      return [name, option.read([values[name] ?? []].flat().map(String))];
    } catch (error) {
      throw new UsageError(`--${name} takes ${(error as Error).message}`);
    }
  });
  return { values: Object.fromEntries(read) as Values<O>, operands: positionals };
}

/** @returns the command and the other arguments; undefined if there is only `--help` */
export function commandOf<C extends Commands>(
  { commands }: C,
  args: readonly string[],
): { readonly command: keyof C["commands"] & string; readonly rest: readonly string[] } | undefined {
  const every: Options = Object.assign({}, ...Object.values(commands).map(({ options }) => options));
  const { tokens } = parseArgs({ ...config(every, args), strict: false, tokens: true });
  const word = tokens.find((token) => token.kind === "positional");
  if (word === undefined) {
    if (rawValues(every, args).values.help) return undefined;
    throw new UsageError("a command is missing");
  }
  const line = Object.hasOwn(commands, word.value) ? commands[word.value] : undefined;
  if (line === undefined) throw new UsageError(`there is no command ${word.value}`);
  const otherCommandsOption = tokens.find(
    ({ kind, name = "" }: { kind: string; name?: string }) =>
      kind === "option" && name in every && !(name in line.options),
  );
  if (otherCommandsOption?.kind === "option")
    throw new UsageError(`${word.value} takes no --${otherCommandsOption.name}`);
  return { command: word.value, rest: args.filter((_, index) => index !== word.index) };
}

function rawValues(options: Options, args: readonly string[]) {
  try {
    return parseArgs(config(options, args)) as { values: Record<string, unknown>; positionals: string[] };
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\.\s/)[0]);
  }
}

function config(options: Options, args: readonly string[]) {
  const declared = Object.entries(options).map(([name, { value }]) => [
    name,
    { type: value === undefined ? "boolean" : "string", multiple: true },
  ]);
  return {
    args: [...args],
    allowPositionals: true,
    options: { ...Object.fromEntries(declared), help: { type: "boolean", short: "h" } },
  } as const satisfies ParseArgsConfig;
}

export function helpOf(line: CommandLine): string {
  const { name, summary, options, operands, notes = [] } = line;
  const usage = `usage: ${[name, "[options]", operands].filter(Boolean).join(" ")}`;
  const rows = Object.entries({ ...options, ...help }).flatMap(([option, { value, help, choices = {} }]) => [
    ...row(`--${[option, value].filter(Boolean).join(" ")}`, help, 26),
    ...Object.entries(choices).flatMap(([choice, meaning]) => row(`  ${choice}`, meaning, 26)),
  ]);
  return text([summary, usage, `options:\n${rows.join("\n")}`, ...notes, exitCodes]);
}

export function overviewOf({ name, summary, commands, notes = [] }: Commands): string {
  const rows = Object.entries(commands).flatMap(([command, line]) => row(command, line.summary, 10));
  const usage = `usage: ${name} <command> [options]\n       ${name} <command> --help   its options`;
  return text([summary, usage, `commands:\n${rows.join("\n")}`, ...notes, exitCodes]);
}

function text(paragraphs: readonly string[]): string {
  return `${paragraphs.join("\n\n")}\n`;
}

/** A term, and beside it its explanation, wrapped. */
function row(term: string, explanation: string, width: number): string[] {
  const lines = explanation.match(/.{1,86}(?:\s|$)/g) ?? [];
  return lines.map((line, index) => `  ${(index === 0 ? term : "").padEnd(width)} ${line.trimEnd()}`);
}
