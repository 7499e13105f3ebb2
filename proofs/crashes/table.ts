import { colors } from "../../cli/terminal/colors";
import { keyOf } from "../world/effects";
import { modes } from "./crash";
import type { Matrix } from "./matrix";

/** One block for each scenario, one line for each effect, one column for each mode. */
export function matrixTable({ effects, results }: Matrix): string[] {
  const lines: string[] = [];
  for (const [scenario, recorded] of Object.entries(effects)) {
    lines.push("", colors.bold(`${scenario}: ${recorded.length} effects × ${modes.length}`));
    lines.push(`  ${"".padEnd(72)}${modes.map((mode) => mode.padEnd(9)).join("")}`);
    let step = "";
    for (const effect of recorded) {
      if (effect.step !== step) lines.push(`  ${effect.step}`);
      step = effect.step;
      const name = `${effect.at === "PostgreSQL" ? "PostgreSQL: " : ""}${effect.name}${effect.occurrence > 1 ? ` (${effect.occurrence})` : ""}`;
      const cells = modes.map((mode) => {
        const result = results.find(
          ({ crash }) =>
            crash.scenario.name === scenario && crash.mode === mode && keyOf(crash.effect) === keyOf(effect),
        );
        // The number of attempts of the service.
        const cell = result === undefined ? "?" : result.failure === undefined ? `ok ${result.attempts}` : "FAILED";
        return (result?.failure === undefined ? colors.green : colors.red)(cell.padEnd(9));
      });
      lines.push(`    ${shorten(name, 68).padEnd(70)}${cells.join("")}`);
    }
  }
  const failed = results.filter(({ failure }) => failure !== undefined);
  lines.push(
    "",
    ...failed.map(({ crash, failure }) => colors.red(`${keyOf(crash.effect)}, ${crash.mode}: ${failure}`)),
  );
  lines.push(`${results.length} crashes, ${results.length - failed.length} survived, ${failed.length} not.`);
  return lines;
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
