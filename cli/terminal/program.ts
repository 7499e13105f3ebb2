import { shown, shownJson } from "./colours";
import { type CommandLine, helpOf, parse, UsageError } from "./commandLine";
import type { Options, Values } from "./option";
import type { Streams } from "./terminal";

/** A process that a signal ends has 128 and the signal's number as its exit code. */
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const stops: (() => Promise<unknown>)[] = [];
let interrupted = false;

/** What runs until a signal ends the process: it is stopped first. A second signal does not wait for it. */
export function stopOnSignal(stop: () => Promise<unknown>): void {
  stops.push(stop);
}

/** Is this process: carries out its command line, answers `--help`, and ends with the exit code. */
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
      return complain(error, line.name, process, { json: args.includes("--json"), ours: true });
    }
  });
}

/** Ends the process with the exit code of what it runs, or with a signal's. */
export function runAsProcess(run: () => Promise<number>): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const interrupt = (code: number, again: boolean): void => {
    if (interrupted && again) process.exit(code);
    if (interrupted) return;
    interrupted = true;
    Promise.allSettled(stops.map((stop) => stop())).then(() => process.exit(code));
  };
  for (const [signal, code] of Object.entries(signals)) process.on(signal, () => interrupt(code, true));
  // A closed terminal or pipe: its signal may come later, or never.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => interrupt(signals.SIGHUP, false));
  run().then((code) => {
    if (!interrupted) process.exit(code);
  });
}

/**
 * Says what went wrong, and what to do about it where the error knows.
 *
 * @param name - The program's, for the way to its help.
 * @param ours - Whether no other program has a part in the message: then it may have several lines.
 * @returns the exit code
 */
export function complain(
  error: unknown,
  name: string,
  { stdout, stderr }: Streams,
  { json, ours = false }: { readonly json: boolean; readonly ours?: boolean },
): 1 | 2 {
  const { message: what, remedy, code } = partsOf(error);
  const usage = error instanceof UsageError;
  const lines = [...(ours ? what.split("\n") : [what]), remedy, usage && `Try ${name} --help`];
  for (const line of lines) if (line) stderr.write(`${shown(String(line))}\n`);
  if (json) stdout.write(`${shownJson({ ok: false, error: { what, code, remedy } })}\n`);
  return usage ? 2 : 1;
}

function partsOf(error: unknown): Error & { readonly remedy?: unknown; readonly code?: unknown } {
  return error instanceof Error ? error : new Error(String(error));
}
