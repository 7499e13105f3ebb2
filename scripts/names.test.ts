import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..");
const declaration = /^export (?:async )?(?:function|class|interface|type|const|let) (\w+)/gm;

/** Names that several files may export, with the reason. */
const allowedDuplicates: Readonly<Record<string, string>> = {
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
  const filesByName = new Map<string, Set<string>>();
  for (const file of files.filter((name) => /(?<!\.test|\.d)\.ts$/.test(name) && !name.includes("node_modules"))) {
    for (const [, name = ""] of readFileSync(join(root, file), "utf8").matchAll(declaration))
      filesByName.set(name, (filesByName.get(name) ?? new Set()).add(file));
  }
  return filesByName;
}

describe("exported names", () => {
  it("each name is declared in one file, except the names with a reason", () => {
    const duplicates = [...declarations()]
      .filter(([name, files]) => files.size > 1 && !Object.hasOwn(allowedDuplicates, name))
      .map(([name, files]) => `${name}: ${[...files].join(", ")}`);
    assert.deepEqual(duplicates, []);
  });
});
