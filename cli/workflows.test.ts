import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..");
const folder = join(root, ".github/workflows");
const workflows = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

describe("the workflows", () => {
  for (const { name, text } of workflows) {
    it(`${name} pins each action by its hash, with the version as a comment`, () => {
      for (const [, action = ""] of text.matchAll(/uses: (.+)/g)) {
        assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      }
    });

    it(`${name} has only read permissions, except in jobs that declare others`, () => {
      assert.match(text, /\npermissions:\n {2}contents: read\n\n/);
      for (const [, permission = ""] of text.matchAll(/^ {6}([\w-]+: write)$/gm)) {
        assert.ok(name !== "test.yml" && ["id-token: write", "pull-requests: write"].includes(permission), permission);
      }
    });

    it(`${name} uses no long-lived key`, () => assert.doesNotMatch(text, /secrets\./));

    it(`${name} runs only scripts that exist in package.json`, () => {
      for (const [, script = ""] of text.matchAll(/npm run (\w+)/g)) assert.ok(scripts[script], script);
    });
  }

  it("use one version of each action", () => {
    const used = workflows.flatMap(({ text }) => [...text.matchAll(/uses: (.+)/g)].map(([, action = ""]) => action));
    const actions = new Set(used.map((action) => action.split("@")[0]));
    assert.equal(new Set(used).size, actions.size);
  });
});
