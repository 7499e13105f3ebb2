import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { Listr, type ListrRendererValue } from "listr2";
import { type Colours, coloursFor, shown, shownJson } from "./colours";
import { PlainRenderer } from "./plainRenderer";

/** What a program reads from and writes to. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
}

/** The person, or the script, at the other end. No text reaches either with a control character in it. */
export interface Terminal {
  /** Colours where they can be seen, the identity elsewhere. */
  readonly colour: Colours;
  /** Whether somebody is there who can answer. */
  readonly interactive: boolean;
  /** A line for people: to stdout, or to stderr where stdout is for a machine. */
  say(line?: string): void;
  /** The result for machines: one line of JSON, last on stdout. Does nothing without `--json`. */
  result(value: object): void;
  /** Yes or no; no unless the answer says yes. */
  confirm(question: string): Promise<boolean>;
  /** How listr2 shows progress: live on a terminal, plain lines elsewhere. */
  readonly progress: {
    readonly renderer: ListrRendererValue;
    readonly rendererOptions: object;
    /** Its own listener ends the process with 127, where Ctrl-C means 130. */
    readonly registerSignalListeners: false;
  };
  /** Shows how far long work is, beside its title. */
  during<T>(title: string, work: (show: (text: string) => void) => Promise<T>): Promise<T>;
}

export function terminal(streams: Streams, json: boolean): Terminal {
  const people = json ? streams.stderr : streams.stdout;
  const live = people.isTTY === true;
  const colour = coloursFor(people, streams.env);
  // listr2's live renderer draws on the process's own stdout; everything else goes through the streams given.
  const animated = live && !json && people === process.stdout && colour.isColorSupported;
  const progress: Terminal["progress"] = {
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
      : { renderer: PlainRenderer, rendererOptions: { stream: people, colour } }),
  };
  return {
    colour,
    progress,
    interactive: streams.stdin.isTTY === true && live,
    say: (line = "") => void people.write(`${shown(line, colour)}\n`),
    result: (value) => void (json && streams.stdout.write(`${shownJson(value)}\n`)),
    async confirm(question) {
      const prompt = createInterface({ input: streams.stdin, output: people });
      // A prompt takes Ctrl-C for itself, and one that is closed never answers.
      prompt.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
      const closed = new Promise<string>((resolve) => prompt.once("close", () => resolve("")));
      try {
        const answer = await Promise.race([prompt.question(`${shown(question)} [y/N] `).catch(() => ""), closed]);
        return /^y(es)?$/i.test(answer.trim());
      } finally {
        prompt.close();
      }
    },
    async during(title, work) {
      let result: unknown;
      const task = async (_: unknown, line: { title: string }): Promise<void> => {
        result = await work((text) => {
          line.title = `${title}  ${shown(text)}`;
        });
      };
      await new Listr([{ title, task }], progress).run();
      return result as Awaited<ReturnType<typeof work>>;
    },
  };
}

/** Columns of equal width, two spaces apart; the last one is as long as it is. */
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
export function span(ms: number): string {
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
export function moment(date: Date, now: Date): string {
  const ms = date.getTime() - now.getTime();
  const distance = ms > 0 ? `in ${span(ms)}` : `${span(ms)} ago`;
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC, ${distance}`;
}

/** The first characters of a version's id, enough to tell versions apart. */
export function short(version: string | undefined): string {
  return version?.slice(0, 8) ?? "none";
}
