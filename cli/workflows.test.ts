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
        const allowed: string[] =
          {
            ...{ "deploy.yml": ["id-token: write"], "preview.yml": ["id-token: write", "pull-requests: write"] },
            "release.yml": ["contents: write", "id-token: write", "attestations: write"],
          }[name] ?? [];
        assert.ok(allowed.includes(permission), permission);
      }
    });

    it(`${name} uses no long-lived key`, () => assert.doesNotMatch(text, /secrets\./));

    it(`${name} runs only scripts that exist in package.json`, () => {
      for (const [, script = ""] of text.matchAll(/npm run (\w+)/g)) assert.ok(scripts[script], script);
    });
  }

  it("run the version of the Pulumi CLI that package-lock.json has", () => {
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    const used = workflows.flatMap(({ text }) => [...text.matchAll(/pulumi-version: (\S+)/g)].map(([, one]) => one));
    assert.deepEqual(new Set(used), new Set([packages["node_modules/pulumi"].version]));
  });

  it("preview.yml skips a stack that has no configuration file yet", () => {
    const preview = workflows.find(({ name }) => name === "preview.yml")?.text ?? "";
    const [, ...steps] = preview.slice(preview.indexOf("configure-aws-credentials") - 40).split("- uses:");
    assert.equal(steps.length, 2);
    for (const step of steps)
      assert.match(step, /if: hashFiles\(format\('Pulumi\.\{0\}\.yaml', matrix\.stack\)\) != ''/);
  });

  it("use one version of each action", () => {
    const used = workflows.flatMap(({ text }) => [...text.matchAll(/uses: (.+)/g)].map(([, action = ""]) => action));
    const actions = new Set(used.map((action) => action.split("@")[0]));
    assert.equal(new Set(used).size, actions.size);
  });
});
