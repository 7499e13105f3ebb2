import "../world/quiet";
import { UsageError } from "../../cli/terminal/commandLine";
import { flag, texts } from "../../cli/terminal/option";
import { program } from "../../cli/terminal/program";
import { terminal } from "../../cli/terminal/terminal";
import { startPostgres } from "../../emulators/postgres/postgres";
import { keyOf } from "../world/effects";
import { findLeaks, Ledger } from "../world/ledger";
import { parseServiceRules } from "../world/rules";
import { scenarios } from "../world/scenario";
import { runMatrix } from "./matrix";
import { matrixTable } from "./table";

const names = scenarios.map(({ name }) => name);
const commandLine = {
  name: "npm run matrix --",
  summary: `Kills the function before and after each effect of a rotation, and loses each answer. Checks that no client is locked
out, that Secrets Manager's retries succeed, and that the next rotation works.`,
  options: {
    json: flag("print the results as one JSON object on the last line"),
    strategy: texts("<name>", `may be repeated: ${names.join(", ")}; default all`),
    rule: texts("<name=value>", "fixes a rule of the service that no recording proves"),
    "in-process": flag("simulate the kills in this process, which is faster"),
  },
  notes: [
    `What the table says:
  ok 2            the rotation succeeded at the service's second attempt
  before, after   the process is killed before or after the effect
  lost, all lost  the effect's answer is lost once, or at each retry`,
  ],
};

program(commandLine, async ({ json, strategy, rule, "in-process": inProcess }) => {
  const unknown = strategy.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new UsageError(`--strategy takes ${names.join(" or ")}, not "${unknown.join(" ")}"`);
  const chosen = scenarios.filter(({ name }) => strategy.length === 0 || strategy.includes(name));
  const { say, result, during } = terminal(process, json);
  const started = performance.now();
  const ledger = new Ledger();
  const postgres = await startPostgres();
  try {
    let done = 0;
    const matrix = await during("the crash matrix", (show) =>
      runMatrix({
        ...{ postgres, ledger, scenarios: chosen, processes: !inProcess, rules: parseServiceRules(rule) },
        onResult({ crash }, total) {
          done += 1;
          show(`${done}/${total}  ${crash.scenario.name}: ${keyOf(crash.effect)}, ${crash.mode}`);
        },
      }),
    );
    const texts = { function: matrix.log.join("\n"), PostgreSQL: await postgres.completeLog() };
    const leaks = findLeaks(ledger, texts);
    const failed = matrix.results.filter(({ failure }) => failure !== undefined);
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    for (const line of matrixTable(matrix)) say(line);
    say(
      `${ledger.passwords.size} passwords and ${ledger.verifiers.size} verifiers searched for in the logs: ${leaks.length} found.`,
    );
    for (const { kind, form, source, before } of leaks.slice(0, 10)) {
      say(`LEAK: a ${kind}, ${form}, in the log of ${source}, after "${before}"`);
    }
    say(`${seconds} s`);
    const results = matrix.results.map(({ crash, ...outcome }) => ({
      ...{ strategy: crash.scenario.name, ...crash.effect, mode: crash.mode, ...outcome },
    }));
    result({ ok: failed.length === 0 && leaks.length === 0, seconds, failed: failed.length, leaks, results });
    return failed.length === 0 && leaks.length === 0;
  } finally {
    await postgres.stop();
  }
});
