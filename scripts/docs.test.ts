import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keyPolicy } from "../components/policies";
import { schema } from "../infra/schema";
import { policyOf } from "../infra/testing/policyOf";
import { shippedStack } from "../infra/testing/shippedStack";
import { configurationReference } from "./configurationReference";
import { withCostTable } from "./costTable";

const docs = (name: string): string => readFileSync(join(__dirname, "../docs", name), "utf8");

describe("docs/configuration.md", () => {
  it("is generated from the schema: run `npm run docs` after a change", () => {
    assert.equal(docs("configuration.md"), configurationReference());
  });

  it("each key has a meaning", () => {
    for (const [key, { description }] of Object.entries(schema.shape)) assert.ok(description, key);
    assert.doesNotMatch(docs("configuration.md"), /\| {2}\|$/m);
  });
});

describe("docs/security.md", () => {
  it("A key of your own: shows the service statements of the stack's own key", () => {
    const ctx = { partition: "aws", region: "eu-central-1", accountId: "111122223333", dnsSuffix: "amazonaws.com" };
    const [, shown = ""] = /## A key of your own[\s\S]+?```json\n([\s\S]+?)```/.exec(docs("security.md")) ?? [];
    const [administrators, ...services] = keyPolicy(ctx, ["/aws/lambda/prod-secrets-rotation"]).Statement;
    assert.equal(administrators?.Sid, "AccountAdministers");
    assert.deepEqual(JSON.parse(shown), services);
  });
});

describe("docs/security.md, Controls", () => {
  const text = docs("security.md");

  it("has a row for each check that scanners report on the stacks dev and prod", () => {
    const checks = ["CKV_AWS_118", "CKV_AWS_353", "EventBusDLQ", "RDS11", "RDSInBackupPlan", "CT.KMS.PR.3", "IAM5"];
    for (const check of checks)
      assert.match(text, new RegExp(`^\\| [\\w ]+ \\|.*\\b${check}\\b.*\\| .{20,} \\|$`, "m"), check);
  });

  it("Wildcard resources: names each action whose resource has a wildcard", async () => {
    const [, section = ""] = /## Wildcard resources\n([\s\S]+?)\n## /.exec(text) ?? [];
    for (const resource of (await shippedStack("prod")).all("aws:iam/policy:Policy")) {
      for (const { Effect, Action, Resource = [] } of policyOf(resource).Statement) {
        if (Effect === "Deny" || !Resource.some((arn) => /[*?]/.test(arn))) continue;
        for (const action of Action) {
          const [service, call = ""] = action.split(":");
          const named = section.includes(call) || section.includes(`${service}:${call.slice(0, 3)}…`);
          const rotated = service === "secretsmanager" && section.includes("the rotated secrets");
          assert.ok(named || rotated || (service === "logs" && section.includes("`logs:…`")), action);
        }
      }
    }
  });

  it("JSON blocks: statements with actions of Secrets Manager and KMS", () => {
    const blocks = [...text.matchAll(/```json\n([\s\S]+?)```/g)].map(([, json = ""]) => JSON.parse(json));
    assert.equal(blocks.length, 3);
    for (const { Action } of blocks.flat())
      for (const action of [Action].flat()) assert.match(action, /^(secretsmanager|kms):/);
  });
});

describe("docs/resources.md", () => {
  it("the costs are generated from the resources: run `npm run docs` after a change", async () => {
    assert.equal(docs("resources.md"), await withCostTable(docs("resources.md")));
  });

  it("names each resource type of the stacks dev and prod", async () => {
    const text = docs("resources.md");
    for (const stack of ["dev", "prod"] as const) {
      for (const { type, custom, remote } of (await shippedStack(stack)).resources) {
        if (custom || remote) assert.ok(text.includes(`\`${type.replace(/\/.*:/, ":")}\``), type);
      }
    }
  });
});
