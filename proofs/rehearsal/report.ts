import { colours } from "../../cli/terminal/colours";
import type { ProofResult } from "./proofs";

/** What a rehearsal found, as `--json` prints it. */
export interface Result {
  /** Whether both rotations succeeded and every proof held. */
  readonly ok: boolean;
  readonly durationMs: number;
  readonly rotations: readonly {
    readonly version: string;
    readonly durationMs: number;
    /** Step → milliseconds. */
    readonly steps: Readonly<Record<string, number>>;
  }[];
  readonly proofs: readonly ProofResult[];
  /** Why it ended early. */
  readonly failure?: {
    readonly step?: string;
    readonly code?: string;
    readonly what: string;
    readonly remedy?: string | undefined;
  };
}

/** Prints the result: one line of JSON for machines, two sentences for people. */
export function report(result: Result, options: { readonly json: boolean }): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const { proofs, failure, durationMs } = result;
  const held = proofs.filter((proof) => proof.held).length;
  const lines = [""];
  for (const { name, detail } of proofs.filter((proof) => !proof.held)) {
    lines.push(`${colours.red("not proved")}  ${name}: ${detail}`);
  }
  if (failure) {
    lines.push(`${colours.red(failure.step ? `${failure.step} failed` : "failed")}  ${failure.what}`);
    if (failure.remedy) lines.push(`${colours.bold("what to do")}  ${failure.remedy}`);
  }
  const seconds = (durationMs / 1000).toFixed(1);
  lines.push(
    result.ok
      ? colours.green(`All ${held} proofs held, in ${seconds} s.`)
      : colours.red(
          `${held} of ${proofs.length} proofs held${failure ? ", and the rehearsal ended early" : ""}, in ${seconds} s.`,
        ),
  );
  process.stdout.write(`${lines.join("\n")}\n`);
}
