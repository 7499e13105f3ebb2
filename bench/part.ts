import type { BenchWorld } from "./world";

export interface Part {
  /** The argument on the command line, and the name of the block in docs/performance.md. */
  readonly name: string;
  readonly title: string;
  measure(context: PartContext): Promise<PartResult>;
}

export interface PartContext {
  /** Fewer repetitions. */
  readonly quick: boolean;
  progress(text: string): void;
  /** Started on first use; the parts share it. */
  world(): Promise<BenchWorld>;
}

export interface PartResult {
  readonly table: Table;
  /** What the figures mean, in Markdown. */
  readonly note: string;
  /** For `--json`. */
  readonly figures: Readonly<Record<string, unknown>>;
}

/** A table whose first column is text. The other columns are aligned to the right. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Pads the columns, so that the table is readable on a terminal too. */
export function asMarkdown({ head, rows }: Table): string {
  const lines = [head, ...rows.map((row) => row.map((cell) => cell.toLocaleString("en-US")))];
  const widths = head.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  const separator = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  const [first = [], ...others] = lines.map((line) => line.map(pad));
  return [first, separator, ...others].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
