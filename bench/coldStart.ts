import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { bundle, bundleOptions } from "../build/bundle";
import { lambdaEnvironment } from "../emulators/lambda/environment";
import type { Bench, Findings, Part } from "./part";
import { type Spread, spreadOf } from "./statistics";

const bootstrap = join(__dirname, "../emulators/lambda/bootstrap.cjs");

export const coldStart: Part = {
  name: "cold-start",
  title: "Cold start",
  async measure(bench) {
    const { deployed } = await bench.stage();
    const root = mkdtempSync(join(tmpdir(), "cold-"));
    const candidates: Record<string, Readonly<Record<string, string>>> = {
      empty: { "index.js": "exports.handler = async () => undefined;" },
      reference: { "index.js": bundle("bench/referenceHandler.ts") },
      deployed: deployed.files,
    };
    for (const [name, files] of Object.entries(candidates)) write(join(root, name), files);
    const times: Record<string, number[]> = { empty: [], reference: [], deployed: [] };
    const rounds = bench.quick ? 8 : 30;
    try {
      for (let round = -1; round < rounds; round += 1) {
        bench.progress(`cold start ${round + 1} of ${rounds}`);
        for (const [name, measured] of Object.entries(times)) {
          const ms = await startOnce(join(root, name), deployed.memorySize);
          // The first of each only brings the files into the system's cache.
          if (round >= 0) measured.push(ms);
        }
      }
    } finally {
      rmSync(root, { recursive: true });
    }
    return findings(times, await bytesByDependency(), bench);
  },
};

/** Milliseconds from asking for the process to its handler being loaded. */
async function startOnce(root: string, memorySize: number): Promise<number> {
  const env = lambdaEnvironment({
    functionName: "cold",
    handler: "index.handler",
    region: "us-east-1",
    memorySize,
    root,
  });
  const startedAt = performance.now();
  const child = spawn(process.execPath, [`--max-old-space-size=${memorySize}`, bootstrap], {
    cwd: root,
    env: { ...env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ready = await new Promise<boolean>((resolve) => {
    child.once("message", (message: { ready: boolean }) => resolve(message.ready));
    child.once("exit", () => resolve(false));
  });
  const ms = performance.now() - startedAt;
  const gone = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await gone;
  if (!ready) throw new Error(`the handler in ${root} does not load`);
  return ms;
}

/** Bytes of the bundle by the package that they come from, most first; `budget` is what the build allows. */
async function bytesByDependency(): Promise<[name: string, bytes: number][]> {
  const { metafile } = await build({ ...bundleOptions(), write: false, metafile: true });
  const [output] = Object.values(metafile.outputs);
  const bytes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(output?.inputs ?? {})) {
    const name = dependencyOf(path);
    bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
  }
  return [["whole", output?.bytes ?? 0], ...[...bytes].sort(([, a], [, b]) => b - a)];
}

/** `node_modules/@smithy/core/dist/index.js` → `@smithy/*`: the SDK's parts together. */
function dependencyOf(path: string): string {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  if (name === undefined) return "this project";
  const [scope] = name.split("/");
  if (scope === "@smithy" || scope === "@aws-sdk" || scope === "@aws-lambda-powertools") return `${scope}/*`;
  return /^(pg|postgres)-?/.test(name) ? "pg and its parts" : name;
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

function findings(times: Record<string, number[]>, bytes: [string, number][], bench: Bench): Findings {
  const [empty, reference, deployed] = ["empty", "reference", "deployed"].map((name) => spreadOf(times[name] ?? []));
  if (!empty || !reference || !deployed) throw new Error("nothing was measured");
  const ratio = deployed.median / reference.median;
  const row = (name: string, { median, p95 }: Spread): (string | number)[] => [
    name,
    `${median.toFixed(0)} ms`,
    `${p95.toFixed(0)} ms`,
    (median / empty.median).toFixed(2),
    (median / reference.median).toFixed(2),
  ];
  return {
    tables: [
      {
        head: ["from process start to handler ready", "median", "p95", "× empty", "× SDK and pg"],
        rows: [
          row("empty handler", empty),
          row("SDK client and `pg` alone", reference),
          row("the deployed archive", deployed),
        ],
      },
      {
        head: ["what the bundle is made of", "bytes"],
        rows: bytes.map(([name, count]) => [name, count]),
      },
    ],
    notes: [
      `${times.deployed?.length} starts of each, by turns. All three are bundled the same way and loaded by the same runner${bench.quick ? "" : ", after one start each that is not counted"}.`,
    ],
    figures: { empty, reference, deployed, ratio, bytes: Object.fromEntries(bytes) },
  };
}
