import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Part } from "./part";
import type { Cell } from "./table";

const root = join(__dirname, "..");

export const suite: Part = {
  name: "suite",
  title: "The test suite",
  async measure(bench) {
    if (bench.quick) return { tables: [], notes: ["Not run with `--quick`: `npm test` says it."], figures: {} };
    bench.progress("npm test");
    const startedAt = performance.now();
    const { output, code } = await npmTest();
    const seconds = (performance.now() - startedAt) / 1000;
    const passing = Number(/^ {2}(\d+) passing/m.exec(output)?.[1] ?? 0);
    const failing = Number(/^ {2}(\d+) failing/m.exec(output)?.[1] ?? 0);
    const slowest = [...output.matchAll(/^ *(\d+) ms {2}(.+)$/gm)].map(([, ms, title]): Cell[] => [
      title ?? "",
      `${Number(ms).toLocaleString("en-US")} ms`,
    ]);
    return {
      tables: [
        {
          head: ["npm test", ""],
          rows: [
            ["seconds", `${seconds.toFixed(0)} s`],
            ["tests that pass", passing],
            ["tests that fail", failing],
          ],
        },
        { head: ["the slowest tests", ""], rows: slowest },
      ],
      notes: code === 0 ? [] : ["The suite is red."],
      figures: { seconds, passing, failing, slowest },
    };
  },
};

async function npmTest(): Promise<{ output: string; code: number | null }> {
  const child = spawn(process.execPath, [join(root, "node_modules/mocha/bin/mocha.js")], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { output, code };
}
