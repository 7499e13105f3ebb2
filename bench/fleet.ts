import type { TestSecret } from "../proofs/world/testSecret";
import type { Part } from "./part";
import { spreadOf } from "./statistics";
import type { BenchWorld } from "./world";

export const fleet: Part = {
  name: "fleet",
  title: "Many secrets",
  async measure({ world: getWorld, quick, progress }) {
    const world = await getWorld();
    const size = quick ? 60 : 1000;
    const secrets: TestSecret[] = [];
    progress(`creating ${size} secrets`);
    while (secrets.length < size) secrets.push(await world.addSecret());
    const measured: Awaited<ReturnType<typeof rotateAll>>[] = [];
    for (const concurrency of [1, 4, 16]) {
      progress(`rotating ${size} secrets, ${concurrency} at the same time`);
      // Sequential rotations take long, and a tenth of them gives stable figures.
      measured.push(await rotateAll(world, concurrency === 1 ? secrets.slice(0, size / 10) : secrets, concurrency));
    }
    return {
      table: {
        head: ["at the same time", "rotations", "rotations per second", "median", "p95"],
        rows: measured.map(({ concurrency, perSecond, rotation: { count, median, p95 } }) => [
          concurrency.toString(),
          count,
          perSecond.toFixed(1),
          `${median.toFixed(0)} ms`,
          `${p95.toFixed(0)} ms`,
        ]),
      },
      note: "No rotation failed. All processes share the processors of this machine, which limit the rate.",
      figures: { measured },
    };
  },
};

async function rotateAll(world: BenchWorld, secrets: readonly TestSecret[], concurrency: number) {
  const remaining = secrets.values();
  const times: number[] = [];
  const startedAt = performance.now();
  const workers = Array.from({ length: concurrency }, async () => {
    const fn = world.addFunction();
    for (const secret of remaining) {
      times.push(await world.rotate(secret, fn));
    }
    await fn.stop();
  });
  await Promise.all(workers);
  const perSecond = times.length / ((performance.now() - startedAt) / 1000);
  return { concurrency, perSecond, rotation: spreadOf(times) };
}
