import type { Bench, Findings, Part } from "./part";
import { quotas } from "./quotas";
import { spreading } from "./spreading";
import type { BenchSecret, Stage } from "./stage";
import { spreadOf } from "./statistics";

interface Measured {
  readonly concurrency: number;
  readonly rotations: number;
  readonly failures: number;
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly connectionsAtOnce: number;
}

export const fleet: Part = {
  name: "fleet",
  title: "A fleet of secrets",
  async measure(bench) {
    const stage = await bench.stage();
    const size = bench.quick ? 60 : 1000;
    const secrets: BenchSecret[] = [];
    for (let index = 0; index < size; index += 1) {
      if (index % 50 === 0) bench.progress(`making secret ${index} of ${size}`);
      secrets.push(await stage.addSecret());
    }
    const measured: Measured[] = [];
    // One at a time takes long and shows nothing new after the first few.
    for (const [concurrency, count] of [
      [1, size / 10],
      [4, size],
      [16, size],
    ] as const) {
      measured.push(await rotateAll(stage, bench, secrets.slice(0, count), concurrency));
    }
    const { tables, pictures, notes, figures } = spreading();
    return {
      tables: [throughput(measured), quotas(), ...tables],
      pictures,
      notes: [
        "Each rotation in flight has a process of the function; services, functions and database share this machine's processors, which is what bounds the throughput. Connections are counted in PostgreSQL's log.",
        ...notes,
      ],
      figures: { measured, ...figures },
    };
  },
};

async function rotateAll(
  stage: Stage,
  bench: Bench,
  secrets: readonly BenchSecret[],
  concurrency: number,
): Promise<Measured> {
  const logBefore = (await stage.postgres.completeLog()).length;
  const waiting = [...secrets];
  const times: number[] = [];
  let failures = 0;
  const startedAt = performance.now();
  const workers = Array.from({ length: concurrency }, async () => {
    const fn = stage.addFunction();
    for (let secret = waiting.pop(); secret !== undefined; secret = waiting.pop()) {
      try {
        times.push((await stage.rotate(secret, fn.arn)).durationMs);
      } catch {
        failures += 1;
      }
      bench.progress(`${concurrency} at a time: ${times.length} of ${secrets.length} rotated`);
    }
    await fn.lambda.stop();
  });
  await Promise.all(workers);
  const seconds = (performance.now() - startedAt) / 1000;
  const log = (await stage.postgres.completeLog()).slice(logBefore);
  const { median, p95 } = spreadOf(times);
  return {
    concurrency,
    rotations: secrets.length,
    failures,
    perSecond: times.length / seconds,
    medianMs: median,
    p95Ms: p95,
    connectionsAtOnce: mostAtOnce(log),
  };
}

/** The most sessions of rotated users that were open together, by the server's log of their beginnings and ends. */
function mostAtOnce(log: string): number {
  let open = 0;
  let most = 0;
  for (const [, begins] of log.matchAll(/ (connection authorized: user=bench_)| disconnection: .* user=bench_/g)) {
    open = Math.max(0, open + (begins === undefined ? -1 : 1));
    most = Math.max(most, open);
  }
  return most;
}

function throughput(measured: readonly Measured[]): Findings["tables"][number] {
  return {
    head: ["at a time", "rotations", "failures", "a second", "median", "p95", "database connections at once"],
    rows: measured.map((one) => [
      String(one.concurrency),
      one.rotations,
      one.failures,
      one.perSecond.toFixed(1),
      `${one.medianMs.toFixed(0)} ms`,
      `${one.p95Ms.toFixed(0)} ms`,
      one.connectionsAtOnce,
    ]),
  };
}
