import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { program } from "../cli/terminal/program";
import { terminal } from "../cli/terminal/terminal";

const budget = 450 * 1024;
const commandLine = {
  name: "npm run build --",
  summary: "Writes the archive of the function, as the stack dev deploys it, to dist/rotation-fn.",
  options: {},
};

program(commandLine, async () => {
  const [{ rotationFunctionFiles }, { stackConfig }] = await Promise.all([
    import("../build/bundle.js"),
    import("../infra/evaluate.js"),
  ]);
  const { say } = terminal(process, false);
  const folder = join(__dirname, "../dist/rotation-fn");
  const files = rotationFunctionFiles(String(stackConfig("dev")["aws:region"]));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    say(`dist/rotation-fn/${name}: ${Buffer.byteLength(text)} bytes`);
  }
  const size = Buffer.byteLength(files["index.js"] ?? "");
  if (size > budget) say(`index.js has more than ${budget} bytes: find the cause with \`esbuild --analyze\``);
  return size <= budget;
});
