import "../world/quiet";
import { flag, texts, wholeNumber } from "../../cli/terminal/option";
import { program, stopOnSignal } from "../../cli/terminal/program";
import { terminal } from "../../cli/terminal/terminal";
import { createAuthority } from "../../emulators/postgres/certificates";
import { startPostgres } from "../../emulators/postgres/postgres";
import type { ServiceRules } from "../../emulators/secrets-manager";
import { parseServiceRules } from "../world/rules";
import { type SoakFailure, soak } from "./soak";

const any = [0, Number.MAX_SAFE_INTEGER] as const;
const commandLine = {
  name: "npm run soak --",
  summary: `Rotates secrets with random crashes, lost answers, outages and changes by hand, and recovers them. Fails if a client
was locked out, if a rotation did not recover, or if a credential was written anywhere.`,
  options: {
    runs: wholeNumber("how many runs", 1000, [1, 1_000_000]),
    seed: wholeNumber("a run depends only on the seed and its index", Date.now() % 1_000_000_000, any),
    from: wholeNumber("index of the first run; --from i --runs 1 repeats run i", 0, any),
    rule: texts("<name=value>", "fixes a rule of the service that no recording proves; otherwise each run chooses it"),
    json: flag("print the result as one JSON object on the last line"),
  },
};

/** Runs for each PostgreSQL. Its log must fit into memory. */
const runsPerServer = 500;

program(commandLine, async ({ runs, seed, from, rule, json }) => {
  const { say, result, during } = terminal(process, json);
  const rules = parseServiceRules(rule);
  // The commands read the trusted authority once.
  const authority = await createAuthority();
  const started = performance.now();
  const failures: SoakFailure[] = [];
  const totals = { done: 0, passwords: 0, verifiers: 0, leaks: 0 };
  let interrupted = false;
  const isOver = soakAll();
  stopOnSignal(() => {
    interrupted = true;
    return isOver;
  });
  await isOver;
  result({ ok: failures.length === 0 && totals.leaks === 0, seed, from, ...totals, failures });
  return failures.length === 0 && totals.leaks === 0;

  async function soakAll(): Promise<void> {
    say(`seed ${seed}, runs ${from} to ${from + runs - 1}`);
    for (let at = from; at < from + runs && !interrupted; at += runsPerServer) {
      const postgres = await startPostgres({ settings: { max_connections: 200 }, authority });
      try {
        const size = Math.min(runsPerServer, from + runs - at);
        const report = await during(`runs from ${at}`, (show) =>
          soak({
            ...{ postgres, seed, rules, from: at, runs: size, stop: () => interrupted },
            onRun(failure) {
              totals.done += 1;
              if (failure !== undefined) for (const line of describe(failure, rules)) say(line);
              show(`${totals.done}/${runs}`);
            },
          }),
        );
        failures.push(...report.failures);
        totals.passwords += report.passwords;
        totals.verifiers += report.verifiers;
        totals.leaks += report.leaks.length;
        for (const { kind, form, source, before } of report.leaks.slice(0, 5)) {
          say(`LEAK: a ${kind}, ${form}, in the output of ${source}, after ${JSON.stringify(before)}`);
        }
      } finally {
        await postgres.stop();
      }
      const seconds = Math.round((performance.now() - started) / 1000);
      say(
        `${totals.done} runs, ${failures.length} failed, ${totals.leaks} leaks, ${seconds} s; continue with --from ${from + totals.done}`,
      );
    }
  }
});

function describe({ index, plan, error, firstError }: SoakFailure, rules: Partial<ServiceRules>): string[] {
  const events = plan.events.map((event) => `  ${JSON.stringify(event)}`);
  const first = firstError === error ? [] : [`  original error: ${firstError}`];
  return [
    `run ${index} FAILED: ${error}`,
    ...first,
    `  ${plan.strategy}, ${JSON.stringify({ ...plan.rules, ...rules })}`,
    ...events,
  ];
}
