import type { Terminal } from "../../cli/terminal/terminal";
import type { Breakage } from "./breakages";
import type { Result } from "./rehearse";
import type { rehearsalScenarios } from "./scenarios";

/** Describes the deliberate fault, and the result of the rotation. */
export function describeBreakage({ summary, outcome }: Breakage, strategy: keyof typeof rehearsalScenarios): string {
  return outcome ? `${summary}: ${outcome[strategy]}` : summary;
}

/** Prints the result: as one line of JSON, or as text. */
export function report(
  result: Result & { readonly broken?: string },
  { say, result: print, color: c }: Terminal,
  json: boolean,
): void {
  if (json) {
    print(result);
    return;
  }
  const { proofs, failure, durationMs, broken } = result;
  const held = proofs.filter((proof) => proof.held).length;
  say();
  for (const { name, detail } of proofs.filter((proof) => !proof.held))
    say(`${c.red("not proved")}  ${name}: ${detail}`);
  if (failure) {
    // The last lines of PostgreSQL's log, if it did not start.
    const [first = "", ...more] = failure.what.split("\n");
    say(`${c.red(failure.step ? `${failure.step} failed` : "failed")}  ${first}`);
    for (const line of more) say(line);
    if (failure.remedy) say(`${c.bold("what to do")}  ${failure.remedy}`);
  }
  if (broken) say(`${c.bold("broken on purpose")}  ${broken}`);
  const seconds = (durationMs / 1000).toFixed(1);
  const early = failure ? ", and the rehearsal ended early" : "";
  say(
    result.ok
      ? c.green(`All ${held} proofs held, in ${seconds} s.`)
      : c.red(`${held} of ${proofs.length} proofs held${early}, in ${seconds} s.`),
  );
}
