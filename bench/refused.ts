import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { startDelayProxy } from "./delayProxy";
import type { Bench, Part } from "./part";
import type { BenchSecret, Stage } from "./stage";
import { spreadOf } from "./statistics";

interface Attempt {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly refused: boolean;
}

interface Interval {
  /** Between the first log-in that was refused and the next that was not. */
  readonly seenMs: number;
  /** Between the answer of setSecret and the promotion, on the service's clock. */
  readonly betweenStepsMs: number;
}

/**
 * How long a client that reads the current secret and logs in with it is turned away: the password changes in the
 * database in the second step, and the secret's current version in the fourth.
 */
export const refused: Part = {
  name: "refused",
  title: "Refused interval of the single-user strategy",
  async measure(bench) {
    const stage = await bench.stage();
    const rows: (string | number)[][] = [];
    const figures: Record<string, unknown> = {};
    for (const delayMs of [0, 20]) {
      const intervals = await intervalsWith(delayMs, stage, bench);
      const seen = spreadOf(intervals.map(({ seenMs }) => seenMs));
      const steps = spreadOf(intervals.map(({ betweenStepsMs }) => betweenStepsMs));
      rows.push([
        `${delayMs} ms`,
        ...[seen.median, seen.p95, steps.median, steps.p95].map((ms) => `${ms.toFixed(0)} ms`),
        intervals.length,
      ]);
      figures[`${delayMs}ms`] = { seen, steps };
    }
    return {
      tables: [
        {
          head: ["network per round trip", "refused, median", "p95", "ALTER to promotion, median", "p95", "rotations"],
          rows,
        },
      ],
      notes: [
        "Two clients that read AWSCURRENT and log in, over and over, without the network's delay: from the first refused log-in to the end of the last one. Sessions that are open already are not touched, and `alternating-users` has no such interval.",
        "What bounds it: after the ALTER come the answer of setSecret, one invocation of testSecret (one round trip to Secrets Manager, a log-in of five or six and a SELECT), one of finishSecret (two round trips), and the service's own pause between two steps, which is not in these figures. A failure in between makes it as long as it takes until the service tries again.",
      ],
      figures,
    };
  },
};

async function intervalsWith(delayMs: number, stage: Stage, bench: Bench): Promise<Interval[]> {
  const { service, postgres } = stage;
  const at = new URL(service.endpoint);
  const toService = await startDelayProxy({ host: at.hostname, port: Number(at.port) }, delayMs);
  const toDatabase = await startDelayProxy({ host: "localhost", port: postgres.port }, delayMs);
  const secret = await stage.addSecret({ port: toDatabase.port });
  const fn = stage.addFunction({ endpoint: `http://localhost:${toService.port}` });
  const intervals: Interval[] = [];
  const rounds = bench.quick ? 5 : 20;
  await stage.rotate(secret, fn.arn);
  for (let round = 0; round < rounds; round += 1) {
    bench.progress(`${delayMs} ms of network: refused log-ins during rotation ${round + 1} of ${rounds}`);
    intervals.push(await watchOne(stage, secret, fn.arn));
  }
  await fn.lambda.stop();
  toService.close();
  toDatabase.close();
  return intervals;
}

async function watchOne(stage: Stage, secret: BenchSecret, functionArn: string): Promise<Interval> {
  const { service } = stage;
  const stop = new AbortController();
  const clients = [logInForever(stage, secret, stop.signal), logInForever(stage, secret, stop.signal)];
  let changedAt = 0;
  const note = ({ step }: { step: string }): void => {
    if (step === "setSecret") changedAt = performance.now();
  };
  service.events.on("stepEnded", note);
  const calls = service.calls.length;
  await stage.rotate(secret, functionArn);
  service.events.off("stepEnded", note);
  await sleep(50);
  stop.abort();
  const attempts = (await Promise.all(clients)).flat();
  const promotion = service.calls.slice(calls).find(({ operation }) => operation === "UpdateSecretVersionStage");
  const bad = attempts.filter(({ refused }) => refused);
  return {
    seenMs:
      bad.length === 0
        ? 0
        : Math.max(...bad.map(({ endedAt }) => endedAt)) - Math.min(...bad.map(({ startedAt }) => startedAt)),
    betweenStepsMs: (promotion?.endedAt ?? changedAt) - changedAt,
  };
}

async function logInForever({ service, postgres }: Stage, { name, user }: BenchSecret, signal: AbortSignal) {
  const attempts: Attempt[] = [];
  while (!signal.aborted) {
    const startedAt = performance.now();
    const versions = [...service.store.find(name).versions.values()];
    const current = versions.find(({ stages }) => stages.has("AWSCURRENT"));
    const value = current?.value;
    if (value === undefined || !("SecretString" in value)) throw new Error(`${name} has no current value`);
    const { password } = JSON.parse(value.SecretString);
    const client = new Client({
      ...{ host: "localhost", port: postgres.port, user, password, database: "postgres" },
      ssl: { ca: postgres.ca },
    });
    client.on("error", () => undefined);
    const isRefused = await client.connect().then(
      () => false,
      (error: { code?: string }) => {
        if (error.code === "28P01") return true;
        throw error;
      },
    );
    attempts.push({ startedAt, endedAt: performance.now(), refused: isRefused });
    void client.end().catch(() => undefined);
  }
  return attempts;
}
