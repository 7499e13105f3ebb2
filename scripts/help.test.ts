import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { scripts } from "../package.json";

const root = join(__dirname, "..");
const generatedFiles = ["docs/configuration.md", "docs/rehearsal.svg", "provider/schema.json", "infra/urns/urns.json"];
const modificationTimes = (): number[] => generatedFiles.map((path) => statSync(join(root, path)).mtimeMs);

describe("npm scripts", () => {
  for (const [name, command] of Object.entries(scripts).filter(([, each]) => each.startsWith("node "))) {
    it(`${name} --help: prints the usage, and writes no file`, () => {
      const before = modificationTimes();
      const [, ...args] = command.split(" ");
      const { status, stdout } = spawnSync(process.execPath, [...args, "--help"], { cwd: root, encoding: "utf8" });
      assert.equal(status, 0);
      assert.match(stdout, /^usage: npm /m);
      assert.deepEqual(modificationTimes(), before);
    });
  }
});
