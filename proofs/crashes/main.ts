import "../mocha/setup";
import { parseArgs } from "node:util";
import { startPostgres } from "../../emulators/postgres/postgres";
import { keyOf } from "../world/effects";
import { findLeaks, Ledger } from "../world/ledger";
import { rulesOf } from "../world/rules";
import { strategies } from "../world/subject";
import { modes } from "./crash";
import { runMatrix } from "./matrix";
import { matrixTable } from "./table";

const usage = `npm run matrix -- [--json] [--strategy <name>]… [--in-process] [--rule name=value]…

Kills the function before and after each effect of a rotation, loses each answer, and sees that nobody is locked out,
that the service's retries get through, and that the next rotation works. Exit code 1 where one of these fails.
  ok 2: the rotation was through at the service's second attempt.
  before, after: the process is killed before or after the effect; lost: its answer is lost once; unheard: for good.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      strategy: { type: "string", multiple: true },
      "in-process": { type: "boolean", default: false },
      rule: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const chosen = strategies.filter(({ name }) => values.strategy?.includes(name) ?? true);
  if (chosen.length === 0) throw new Error(`the strategies are ${strategies.map(({ name }) => name).join(", ")}`);

  const started = performance.now();
  const ledger = new Ledger();
  const postgres = await startPostgres();
  try {
    let total = 0;
    let done = 0;
    const progress = (line: string): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
    };
    const matrix = await runMatrix({
      ...{ postgres, ledger, strategies: chosen, processes: !values["in-process"], rules: rulesOf(values.rule) },
      onRecorded: (_strategy, effects) => {
        total += effects.length * modes.length;
      },
      onResult: ({ crash }) => {
        done += 1;
        progress(`${done}/${total}  ${crash.strategy.name}: ${keyOf(crash.effect)}, ${crash.mode}`);
      },
    });
    progress("");
    const texts = { function: matrix.log.join("\n"), PostgreSQL: await postgres.completeLog() };
    const leaks = findLeaks(ledger, texts);
    const failed = matrix.results.filter(({ failure }) => failure !== undefined);
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    if (values.json) {
      const results = matrix.results.map(({ crash, ...result }) => ({
        ...{ strategy: crash.strategy.name, ...crash.effect, mode: crash.mode, ...result },
      }));
      console.log(JSON.stringify({ seconds, failed: failed.length, leaks, results }, undefined, 2));
    } else {
      console.log(matrixTable(matrix));
      console.log(
        `${ledger.passwords.size} passwords and ${ledger.verifiers.size} verifiers looked for in the logs: ${leaks.length} found.`,
      );
      for (const { kind, form, source, before } of leaks.slice(0, 10)) {
        console.log(`LEAK: a ${kind}, ${form}, in the log of ${source}, after "${before}"`);
      }
      console.log(`${seconds} s`);
    }
    return failed.length > 0 || leaks.length > 0 ? 1 : 0;
  } finally {
    await postgres.stop();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
