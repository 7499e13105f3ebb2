import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { Listr, type ListrRendererValue } from "listr2";
import { colorsFor, escapedJson, escapeLine } from "./colors";
import { PlainRenderer } from "./plainRenderer";

/** The streams of a program. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
}

/** Input and output of a program. It escapes control characters in all text. */
export type Terminal = ReturnType<typeof terminal>;

export function terminal(streams: Streams, json: boolean) {
  const output = json ? streams.stderr : streams.stdout;
  const isTerminal = output.isTTY === true;
  const color = colorsFor(output, streams.env);
  // listr2's live renderer writes to the process's own stdout; all other output uses the given streams.
  const animated = isTerminal && !json && output === process.stdout && color.isColorSupported;
  const progress: { renderer: ListrRendererValue; rendererOptions: object; registerSignalListeners: false } = {
    // listr2's own listener would end the process with 127, but the exit code after Ctrl-C is 130.
    registerSignalListeners: false,
    ...(animated
      ? {
          renderer: "default",
          rendererOptions: {
            collapseSubtasks: false,
            collapseSkips: false,
            showErrorMessage: false,
            showSkipMessage: false,
          },
        }
      : { renderer: PlainRenderer, rendererOptions: { stream: output, color } }),
  };
  return {
    /** Colors, or functions that return the text unchanged. */
    color,
    /** listr2's options: live progress on a terminal, plain lines elsewhere. */
    progress,
    /** Whether a person can answer questions. */
    interactive: streams.stdin.isTTY === true && isTerminal,
    /** Prints a line of text: to stdout, or with `--json` to stderr. */
    say: (line = "") => void output.write(`${escapeLine(line, color)}\n`),
    /** Prints the result as one line of JSON, the last of stdout. Does nothing without `--json`. */
    result: (value: object) => void (json && streams.stdout.write(`${escapedJson(value)}\n`)),
    /** Asks a question. @returns true only if the answer is yes */
    async confirm(question: string): Promise<boolean> {
      const prompt = createInterface({ input: streams.stdin, output });
      // A prompt handles Ctrl-C itself, and a closed one never answers.
      prompt.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
      const closed = new Promise<string>((resolve) => prompt.once("close", () => resolve("")));
      try {
        const answer = await Promise.race([prompt.question(`${escapeLine(question)} [y/N] `).catch(() => ""), closed]);
        return /^y(es)?$/i.test(answer.trim());
      } finally {
        prompt.close();
      }
    },
    /** Shows the progress of long work beside its title. */
    async during<T>(title: string, work: (show: (text: string) => void) => Promise<T>): Promise<T> {
      let result: unknown;
      const task = async (_: unknown, line: { title: string }): Promise<void> => {
        result = await work((text) => {
          line.title = `${title}  ${escapeLine(text)}`;
        });
      };
      await new Listr([{ title, task }], progress).run();
      return result as T;
    },
  };
}

/** Columns of equal width, separated by two spaces. The last one is not padded. */
export function columns(rows: readonly (readonly string[])[], indent = ""): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows.map((row) =>
    `${indent}${row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join("  ")}`.trimEnd(),
  );
}

/** `12 days`, `3 hours`, `40 s`: the largest unit of which there are two or more. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  for (const [unit, length] of [
    ["days", 86_400],
    ["hours", 3600],
    ["min", 60],
  ] as const) {
    if (seconds >= 2 * length) return `${Math.floor(seconds / length)} ${unit}`;
  }
  return `${seconds} s`;
}

/** `2026-01-31 02:00 UTC, in 18 days`. */
export function formatTime(date: Date, now: Date): string {
  const ms = date.getTime() - now.getTime();
  const distance = ms > 0 ? `in ${formatDuration(ms)}` : `${formatDuration(ms)} ago`;
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC, ${distance}`;
}

/**
 * A version ID that is short enough for a table. The first characters of a UUID distinguish versions; other IDs, such
 * as those of Pulumi's provider, can begin alike.
 */
export function shortVersionId(version: string | undefined): string {
  return version?.replace(/^([\da-f]{8})(-[\da-f]{4}){3}-[\da-f]{12}$/i, "$1") ?? "none";
}
