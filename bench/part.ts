import type { Stage } from "./stage";
import type { Table } from "./table";

/** One thing that is measured. */
export interface Part {
  /** As it is named on the command line. */
  readonly name: string;
  readonly title: string;
  measure(bench: Bench): Promise<Findings>;
}

/** What a part may use. */
export interface Bench {
  /** Fewer measurements, for a look in passing. */
  readonly quick: boolean;
  /** Says what is going on. */
  progress(text: string): void;
  /** The deployed function, its database and its service: started on first use, shared by the parts. */
  stage(): Promise<Stage>;
}

export interface Findings {
  readonly tables: readonly Table[];
  /** What the figures mean, a sentence each; Markdown. */
  readonly notes: readonly string[];
  /** For `--json`. */
  readonly figures: Readonly<Record<string, unknown>>;
  /** Pictures for docs/: name to SVG. */
  readonly pictures?: Readonly<Record<string, string>>;
}
