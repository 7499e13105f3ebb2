import { bundle } from "../build/bundle";
import { startLambda } from "../emulators/lambda/lambda";
import type { Part } from "./part";
import { spreadOf } from "./statistics";
import { memorySize } from "./world";

export const coldStart: Part = {
  name: "cold-start",
  title: "Cold start",
  async measure({ world, quick, progress }) {
    const { files } = await world();
    const candidates = [
      { name: "empty handler", files: { "index.js": "exports.handler = async () => undefined;" } },
      { name: "SDK client and `pg` alone", files: { "index.js": bundle("bench/referenceHandler.ts").text } },
      { name: "the deployed archive", files },
    ];
    /** Milliseconds of each candidate. */
    const times = candidates.map((): number[] => []);
    const rounds = quick ? 8 : 30;
    for (let round = -1; round < rounds; round += 1) {
      progress(`cold start ${round + 1} of ${rounds}`);
      for (const [index, candidate] of candidates.entries()) {
        const ms = await startOnce(candidate.files);
        // Round -1 fills the operating system's file cache, and is not counted.
        if (round >= 0) times[index]?.push(ms);
      }
    }
    const measured = candidates.map(({ name }, index) => ({ name, ...spreadOf(times[index] ?? []) }));
    const [empty = 0, reference = 0] = measured.map(({ median }) => median);
    const bundleBytes = Buffer.byteLength(files["index.js"] ?? "");
    return {
      table: {
        head: ["from process start to first answer", "median", "p95", "× empty", "× SDK and pg"],
        rows: measured.map(({ name, median, p95 }) => [
          name,
          `${median.toFixed(0)} ms`,
          `${p95.toFixed(0)} ms`,
          (median / empty).toFixed(2),
          (median / reference).toFixed(2),
        ]),
      },
      note: `${rounds} starts of each, alternating. The handler in the deployed archive is ${bundleBytes.toLocaleString("en-US")} bytes.`,
      figures: { measured, bundleBytes },
    };
  },
};

/** Sends an empty event, which the rotation function refuses before it makes a call. @returns milliseconds */
async function startOnce(files: Readonly<Record<string, string>>): Promise<number> {
  const lambda = startLambda({ files, handler: "index.handler", functionName: "cold", memorySize });
  const startedAt = performance.now();
  const result = await lambda.invoke({});
  const ms = performance.now() - startedAt;
  await lambda.stop();
  if (!result.ok && result.errorType.startsWith("Runtime.")) throw new Error(result.errorMessage);
  return ms;
}
