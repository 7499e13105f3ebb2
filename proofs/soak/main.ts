import "../mocha/setup";
import { parseArgs } from "node:util";
import { createAuthority } from "../../emulators/postgres/certificates";
import { startPostgres } from "../../emulators/postgres/postgres";
import { rulesOf } from "../world/rules";
import { type SoakFailure, soak } from "./soak";

const usage = `npm run soak -- [--runs 1000] [--seed N] [--from 0] [--stands 12] [--rule name=value]… [--json]

Random lives of a secret: crashes, lost answers, outages, and what people do by hand, until it recovers. Each run is
made of the seed and its index: --from goes on where an earlier soak stopped, and --from i --runs 1 repeats run i.
The service's rules without a recording (emulators/secrets-manager/rules.ts) are chosen by each run; --rule fixes one.
Exit code 1 where somebody was locked out, a rotation did not recover, or a credential was written anywhere.`;

/** Runs on one PostgreSQL, whose log is then searched: it has to fit into memory. */
const chapter = 500;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "1000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
      from: { type: "string", default: "0" },
      stands: { type: "string", default: "12" },
      rule: { type: "string", multiple: true, default: [] },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [runs, seed, from, stands] = [values.runs, values.seed, values.from, values.stands].map(Number) as [
    ...[number, number, number, number],
  ];
  if (![runs, seed, from, stands].every(Number.isInteger)) throw new Error("runs, seed, from and stands are numbers");

  const rules = rulesOf(values.rule);
  // The commands read whom they trust once: all servers come from one authority.
  const authority = await createAuthority();
  const started = performance.now();
  const failures: SoakFailure[] = [];
  const totals = { done: 0, passwords: 0, verifiers: 0, leaks: 0 };
  let interrupted = false;
  process.once("SIGINT", () => {
    interrupted = true;
  });
  const say = (line: string): void => {
    if (!values.json) console.log(line);
  };
  say(`seed ${seed}, runs ${from} to ${from + runs - 1}`);

  for (let at = from; at < from + runs && !interrupted; at += chapter) {
    const postgres = await startPostgres({ maxConnections: 200, authority });
    try {
      const report = await soak({
        ...{ postgres, seed, stands, rules, from: at, runs: Math.min(chapter, from + runs - at) },
        stop: () => interrupted,
        onRun: (_index, failure) => {
          totals.done += 1;
          if (failure !== undefined) say(describe(failure));
          if (process.stderr.isTTY) process.stderr.write(`\r${totals.done}/${runs}`);
        },
      });
      failures.push(...report.failures);
      totals.passwords += report.passwords;
      totals.verifiers += report.verifiers;
      totals.leaks += report.leaks.length;
      for (const { kind, form, source, before } of report.leaks.slice(0, 5)) {
        say(`LEAK: a ${kind}, ${form}, in what ${source} wrote, after ${JSON.stringify(before)}`);
      }
    } finally {
      await postgres.stop();
    }
    const seconds = Math.round((performance.now() - started) / 1000);
    say(
      `${totals.done} runs, ${failures.length} failed, ${totals.leaks} leaks, ${seconds} s; goes on at --from ${from + totals.done}`,
    );
  }
  if (values.json) console.log(JSON.stringify({ seed, from, ...totals, failures }, undefined, 2));
  return failures.length > 0 || totals.leaks > 0 ? 1 : 0;
}

function describe({ index, plan, error }: SoakFailure): string {
  return `run ${index} FAILED: ${error}\n  ${plan.strategy}, ${JSON.stringify(plan.rules)}\n${plan.acts.map((act) => `  ${JSON.stringify(act)}`).join("\n")}`;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.stack : error);
    process.exit(2);
  },
);
