import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..");
const declaration = /^export (?:async )?(?:function|class|interface|type|const|let) (\w+)/gm;

/** Names that several files may export: a word of AWS or of Pulumi, which each of them has to use. */
const shared: Readonly<Record<string, string>> = {
  Strategy: "one meaning; Pulumi's analyzer needs a declaration in components, which the function does not import",
  handler: "the entry point that Lambda calls",
  secretArn: "the stack output of each example",
};

/** Exported name → the files that declare it, without tests. */
function declarations(): Map<string, Set<string>> {
  const folders = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$)/.test(entry.name),
  );
  const files = folders.flatMap(({ name }) =>
    readdirSync(join(root, name), { recursive: true, encoding: "utf8" }).map((path) => join(name, path)),
  );
  const found = new Map<string, Set<string>>();
  for (const file of files.filter((name) => /(?<!\.test|\.d)\.ts$/.test(name) && !name.includes("node_modules"))) {
    for (const [, name = ""] of readFileSync(join(root, file), "utf8").matchAll(declaration))
      found.set(name, (found.get(name) ?? new Set()).add(file));
  }
  return found;
}

describe("exported names", () => {
  it("a name that several files export: one of them is renamed, or imports the other", () => {
    const several = [...declarations()]
      .filter(([name, files]) => files.size > 1 && !Object.hasOwn(shared, name))
      .map(([name, files]) => `${name}: ${[...files].join(", ")}`);
    assert.deepEqual(several, []);
  });
});
