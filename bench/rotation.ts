import { bundle } from "../build/bundle";
import { type DelayProxy, startDelayProxy } from "./delayProxy";
import type { Floor, FloorEvent } from "./floorHandler";
import { usageOf, withUsage } from "./measuredHandler";
import type { Bench, Findings, Part } from "./part";
import type { Stage } from "./stage";
import { type Spread, spreadOf } from "./statistics";

/** Milliseconds that the network adds to each round trip. */
const delays = [0, 5, 20];

interface Measured {
  readonly delayMs: number;
  /** Inside the function, as the floor is; and as the service sees it, with the invocations themselves. */
  readonly rotation: Spread;
  readonly fromOutside: Spread;
  readonly floor: Spread;
  readonly ratio: number;
}

export const rotation: Part = {
  name: "rotation",
  title: "A whole rotation, warm",
  async measure(bench) {
    const stage = await bench.stage();
    const measured: Measured[] = [];
    for (const delayMs of delays) measured.push(await measureWith(delayMs, stage, bench));
    return findings(measured);
  },
};

/** Rotation and floor by turns, so that both see the same moods of the machine. */
async function measureWith(delayMs: number, stage: Stage, bench: Bench): Promise<Measured> {
  const way = delayMs === 0 ? await direct(stage) : await delayed(stage, delayMs);
  const secret = await stage.addSecret({ port: way.databasePort });
  const fn = stage.addFunction({ endpoint: way.endpoint, ...withUsage(stage.deployed) });
  const floor = stage.addFunction({ files: { "index.js": bundle("bench/floorHandler.ts") } });
  const { user, firstPassword: password } = await stage.addSecret();
  const event: FloorEvent = {
    endpoint: way.endpoint,
    secretId: secret.name,
    database: { host: "localhost", port: way.databasePort, user, password },
    ca: stage.postgres.ca,
  };
  const rotations: number[] = [];
  const fromOutside: number[] = [];
  const floors: number[] = [];
  const warmUp = 10;
  const rounds = warmUp + (bench.quick ? 15 : 60);
  for (let round = 0; round < rounds; round += 1) {
    bench.progress(`${delayMs} ms of network: rotation ${round + 1} of ${rounds}`);
    const { durationMs } = await stage.rotate(secret, fn.arn);
    const { handlerMs } = await usageOf(fn);
    const answer = await floor.lambda.invoke(event);
    if (!answer.ok) throw new Error(answer.errorMessage);
    const { httpMs, loginsMs } = answer.payload as Floor;
    if (round < warmUp) continue;
    rotations.push(handlerMs);
    fromOutside.push(durationMs);
    floors.push(httpMs + loginsMs);
  }
  await Promise.all([fn.lambda.stop(), floor.lambda.stop()]);
  way.close();
  const [of, over] = [spreadOf(rotations), spreadOf(floors)];
  return { delayMs, rotation: of, fromOutside: spreadOf(fromOutside), floor: over, ratio: of.median / over.median };
}

interface Way {
  readonly endpoint: string;
  readonly databasePort: number;
  close(): void;
}

async function direct({ service, postgres }: Stage): Promise<Way> {
  return { endpoint: service.endpoint, databasePort: postgres.port, close: () => undefined };
}

async function delayed({ service, postgres }: Stage, delayMs: number): Promise<Way> {
  const serviceAt = new URL(service.endpoint);
  const proxies: DelayProxy[] = [
    await startDelayProxy({ host: serviceAt.hostname, port: Number(serviceAt.port) }, delayMs),
    await startDelayProxy({ host: "localhost", port: postgres.port }, delayMs),
  ];
  return {
    endpoint: `http://localhost:${proxies[0]?.port}`,
    databasePort: proxies[1]?.port ?? 0,
    close: () => proxies.forEach((proxy) => void proxy.close()),
  };
}

function findings(measured: readonly Measured[]): Findings {
  return {
    tables: [
      {
        head: [
          "network per round trip",
          "rotation, median",
          "p95",
          "floor, median",
          "p95",
          "ratio",
          "of the fastest tenths",
          "with the invocations",
        ],
        rows: measured.map(({ delayMs, rotation: it, fromOutside, floor, ratio }) => [
          `${delayMs} ms`,
          ...[it.median, it.p95, floor.median, floor.p95].map((ms) => `${ms.toFixed(1)} ms`),
          ratio.toFixed(2),
          (it.p10 / floor.p10).toFixed(2),
          (fromOutside.median / floor.median).toFixed(2),
        ]),
      },
    ],
    notes: [
      `The median of ${measured[0]?.rotation.count} rotations, the time inside the four handlers, by turns with the floor: six bare HTTP requests one after another and two bare log-ins by \`pg\` (TLS, SCRAM) that run no statement, in a process of the same kind. Where a machine has other things to do, the ratio of the fastest tenths is the one that says most of the code. The last column takes the time from the service's first invocation to the last one's answer in place of the handlers': handing over four events is the runner's, and on AWS is Lambda's.`,
      "The network is a proxy before both servers that holds what passes for half of the delay each way, and a connection's first bytes for one round trip more, as TCP does.",
    ],
    figures: { measured },
  };
}
