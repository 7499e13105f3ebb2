import { escapedJson, escapeLine } from "./colors";
import { type CommandLine, helpOf, parse, UsageError } from "./commandLine";
import type { Options, Values } from "./option";
import type { Streams } from "./terminal";

/** Exit codes of a process that is ended by a signal: 128 plus the signal's number. */
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const stopCallbacks: (() => Promise<unknown>)[] = [];
let interrupted = false;

/** Calls `stop` before a signal ends the process. A second signal ends the process immediately. */
export function stopOnSignal(stop: () => Promise<unknown>): void {
  stopCallbacks.push(stop);
}

/** The main function of this process: runs its command line, answers `--help`, and ends with the exit code. */
export function program<O extends Options>(
  line: CommandLine<O>,
  main: (values: Values<O>, operands: readonly string[]) => Promise<boolean>,
): void {
  const args = process.argv.slice(2);
  runAsProcess(async () => {
    try {
      const parsed = parse(line, args);
      if (parsed !== undefined) return (await main(parsed.values, parsed.operands)) ? 0 : 1;
      process.stdout.write(helpOf(line));
      return 0;
    } catch (error) {
      return printError(error, line.name, process, { json: args.includes("--json"), multiline: true });
    }
  });
}

/** Ends the process with the exit code of its work, or of a signal. */
export function runAsProcess(run: () => Promise<number>): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const interrupt = (code: number, again: boolean): void => {
    if (interrupted && again) process.exit(code);
    if (interrupted) return;
    interrupted = true;
    Promise.allSettled(stopCallbacks.map((stop) => stop())).then(() => process.exit(code));
  };
  for (const [signal, code] of Object.entries(signals)) process.on(signal, () => interrupt(code, true));
  // A closed terminal or pipe, whose signal may come later or never.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => interrupt(signals.SIGHUP, false));
  run().then((code) => {
    if (!interrupted) process.exit(code);
  });
}

/**
 * Prints the error, and its remedy if there is one.
 *
 * @param name - Name of the program, for the hint to its help.
 * @param multiline - Whether the message may have several lines: it contains only the program's own text.
 * @returns the exit code
 */
export function printError(
  error: unknown,
  name: string,
  { stdout, stderr }: Streams,
  { json, multiline = false }: { readonly json: boolean; readonly multiline?: boolean },
): 1 | 2 {
  const { message: what = String(error), remedy, code } = Object(error) as Partial<Record<string, string>>;
  const usage = error instanceof UsageError;
  const lines = [...(multiline ? what.split("\n") : [what]), remedy, usage && `Try ${name} --help`];
  for (const line of lines) if (line) stderr.write(`${escapeLine(line)}\n`);
  if (json) stdout.write(`${escapedJson({ ok: false, error: { what, code, remedy } })}\n`);
  return usage ? 2 : 1;
}
