import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keyPolicy } from "../components/policies";
import { schema } from "../infra/schema";
import { shippedStack } from "../infra/testing/shippedStack";
import { configurationReference } from "./configurationReference";

const docs = (name: string): string => readFileSync(join(__dirname, "../docs", name), "utf8");

describe("docs/configuration.md", () => {
  it("is what the schema says: run `npm run docs` after a change", () => {
    assert.equal(docs("configuration.md"), configurationReference());
  });

  it("has a meaning for each key", () => {
    for (const [key, { description }] of Object.entries(schema.shape)) assert.ok(description, key);
    assert.doesNotMatch(docs("configuration.md"), /\| {2}\|$/m);
  });
});

describe("docs/security.md", () => {
  it("asks of a key of one's own what the stack's own key grants", () => {
    const at = { partition: "aws", region: "eu-central-1", accountId: "111122223333", dnsSuffix: "amazonaws.com" };
    const [, shown = ""] = /## A key of your own[\s\S]+?```json\n([\s\S]+?)```/.exec(docs("security.md")) ?? [];
    const [administrators, ...services] = keyPolicy(at, ["/aws/lambda/prod-secrets-rotation"]).Statement;
    assert.equal(administrators?.Sid, "AccountAdministers");
    assert.deepEqual(JSON.parse(shown), services);
  });
});

describe("docs/resources.md", () => {
  it("names each kind of resource that the shipped stacks have", async () => {
    const text = docs("resources.md");
    for (const stack of ["dev", "prod"] as const) {
      for (const { type, custom, remote } of (await shippedStack(stack)).resources) {
        if (custom || remote) assert.ok(text.includes(`\`${type.replace(/\/.*:/, ":")}\``), type);
      }
    }
  });
});
