import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RecordedStack } from "../emulators/pulumi/recordedStack";
import { evaluateProgram, stackConfig } from "./evaluate";

/** The service of a provider module, by its name in the endpoints. */
const serviceOf: Record<string, string> = { index: "sts", vpc: "ec2", eventRule: "events", eventTarget: "events" };
const logsResources = ["logGroup", "queryDefinition"];

describe("Pulumi.local.yaml", () => {
  const [endpoints = {}] = stackConfig("local")["aws:endpoints"] as Record<string, string>[];
  let stack: RecordedStack;
  before(async () => {
    stack = await evaluateProgram({ stack: "local" });
  });

  it("has a local endpoint for each service that the stack uses, and no other endpoint", () => {
    const tokens = [...stack.resources.map(({ type }) => type), ...stack.calls].filter((token) =>
      token.startsWith("aws:"),
    );
    const used = tokens.map((token) => {
      const [, module = "", name = ""] = /^aws:(\w+)\/(\w+):/.exec(token) ?? [];
      return logsResources.includes(name) ? "logs" : (serviceOf[name] ?? serviceOf[module] ?? module);
    });
    assert.deepEqual([...new Set(used)].sort(), Object.keys(endpoints).sort());
    for (const url of Object.values(endpoints)) assert.equal(url, "http://localhost:4566");
  });

  it("has only endpoints and settings that the AWS provider supports", () => {
    const types = join(dirname(require.resolve("@pulumi/aws/package.json")), "types/input.d.ts");
    const [, fields = ""] = /interface ProviderEndpoint \{(.*?)\n {4}\}/s.exec(readFileSync(types, "utf8")) ?? [];
    for (const service of Object.keys(endpoints)) assert.match(fields, new RegExp(`\\b${service}\\?:`));
    const settings = readFileSync(
      join(dirname(require.resolve("@pulumi/aws/package.json")), "config/vars.d.ts"),
      "utf8",
    );
    for (const key of Object.keys(stackConfig("local"))) {
      if (key.startsWith("aws:")) assert.match(settings, new RegExp(`const ${key.slice(4)}:`), key);
    }
  });
});
