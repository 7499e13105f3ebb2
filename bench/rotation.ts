import { bundle } from "../build/bundle";
import type { Lambda } from "../emulators/lambda/lambda";
import type { FloorEvent } from "./floorHandler";
import { startNetwork } from "./network";
import type { Part, PartContext } from "./part";
import { spreadOf } from "./statistics";

/** Milliseconds that the network adds to each round trip. */
const delays = [0, 5, 20];
const warmUp = 10;

export const rotation: Part = {
  name: "rotation",
  title: "A rotation, warm",
  async measure(context) {
    const measured: Awaited<ReturnType<typeof measureWith>>[] = [];
    for (const delayMs of delays) measured.push(await measureWith(delayMs, context));
    const peakMegabytes = Math.max(...measured.map(({ peakBytes }) => peakBytes)) / 1e6;
    const ms = (value: number): string => `${value.toFixed(1)} ms`;
    return {
      table: {
        head: ["network per round trip", "rotation, median", "p95", "floor, median", "ratio", "ratio of p10"],
        rows: measured.map(({ delayMs, rotation: { p10, median, p95 }, floor }) => [
          `${delayMs} ms`,
          ...[median, p95, floor.median].map(ms),
          (median / floor.median).toFixed(2),
          (p10 / floor.p10).toFixed(2),
        ]),
      },
      note: `${measured[0]?.rotation.count} rotations in each row, each followed by one run of the floor. The function's process used at most ${peakMegabytes.toFixed(0)} MB.`,
      figures: { measured },
    };
  },
};

/** Alternates rotations and floor runs, so that other load on the machine affects both. */
async function measureWith(delayMs: number, { world: getWorld, quick, progress }: PartContext) {
  const world = await getWorld();
  const network = delayMs === 0 ? undefined : await startNetwork(world, delayMs);
  const { endpoint } = network ?? world.service;
  const { port } = network?.database ?? world.postgres;
  const secret = await world.addSecret(port);
  const fn = world.addFunction({ endpoint, files: withTimer(world.files) });
  const floor = world.addFunction({ files: { "index.js": bundle("bench/floorHandler.ts").text } });
  const login = (await world.addSecret()).credentials("AWSCURRENT");
  const database = {
    ...{ host: "localhost", port, database: "postgres", ssl: { ca: world.postgres.ca } },
    ...{ user: login?.username, password: login?.password },
  };
  const event: FloorEvent = { endpoint, secretId: secret.name, database };
  const rotations: number[] = [];
  const floors: number[] = [];
  let peakBytes = 0;
  const rounds = warmUp + (quick ? 15 : 60);
  for (let round = 0; round < rounds; round += 1) {
    progress(`${delayMs} ms of network: rotation ${round + 1} of ${rounds}`);
    await world.rotate(secret, fn);
    const usage = (await invoke(fn, { usage: true })) as { handlerMs: number; peakBytes: number };
    const floorMs = (await invoke(floor, event)) as number;
    peakBytes = usage.peakBytes;
    if (round < warmUp) continue;
    rotations.push(usage.handlerMs);
    floors.push(floorMs);
  }
  await Promise.all([fn.stop(), floor.stop()]);
  await network?.close();
  return { delayMs, rotation: spreadOf(rotations), floor: spreadOf(floors), peakBytes };
}

/**
 * Wraps the handler. It answers an event `{ "usage": true }` with the milliseconds in the handler since the last such
 * event (`handlerMs`), and with the peak memory of the process (`peakBytes`).
 */
function withTimer({ "index.js": index = "", ...others }: Readonly<Record<string, string>>): Record<string, string> {
  const wrapper = `const { handler } = require("./rotation.js");
let handlerMs = 0;
exports.handler = async (event, context) => {
  if (event.usage) {
    const answer = { handlerMs, peakBytes: process.resourceUsage().maxRSS * 1024 };
    handlerMs = 0;
    return answer;
  }
  const startedAt = performance.now();
  try {
    return await handler(event, context);
  } finally {
    handlerMs += performance.now() - startedAt;
  }
};
`;
  return { ...others, "rotation.js": index, "index.js": wrapper };
}

async function invoke(fn: Lambda, event: unknown): Promise<unknown> {
  const result = await fn.invoke(event);
  if (!result.ok) throw new Error(`${result.errorType}: ${result.errorMessage}`);
  return result.payload;
}
