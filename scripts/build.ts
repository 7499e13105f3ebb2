import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rotationFunctionFiles } from "../build/bundle";
import { stackConfig } from "../infra/evaluate";

/** Writes the function's archive, as the stack `dev` deploys it, to dist/rotation-fn. */

const budget = 450 * 1024;
const folder = join(__dirname, "../dist/rotation-fn");
const files = rotationFunctionFiles(String(stackConfig("dev")["aws:region"]));
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(files)) {
  writeFileSync(join(folder, name), text);
  console.log(`dist/rotation-fn/${name}: ${Buffer.byteLength(text)} bytes`);
}
const size = Buffer.byteLength(files["index.js"] ?? "");
if (size > budget) {
  console.error(`index.js is ${size} bytes, more than ${budget}: see what it bundles with \`esbuild --analyze\``);
  process.exitCode = 1;
}
