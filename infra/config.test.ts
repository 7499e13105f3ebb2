import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "./config";
import { asPulumiGivesIt, evaluateProgram, stackConfig } from "./evaluate";
import { badDatabases, goodConfiguration } from "./testing/badDatabases";
import { badSettings } from "./testing/badSettings";
import { shippedStack } from "./testing/shippedStack";

describe("configuration", () => {
  for (const [what, change, lines] of [...badDatabases, ...badSettings]) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(problems({ ...goodConfiguration, ...change }), lines);
    });
  }

  it("is read whole before the first resource", async () => {
    await assert.rejects(evaluateProgram({ config: { protekt: true } }), (error) => pulumi.RunError.isInstance(error));
  });

  for (const stack of ["dev", "prod"] as const) {
    it(`of ${stack} is good as it is shipped`, async () => {
      assert.deepEqual(problems(stackConfig(stack)), []);
      assert.ok((await shippedStack(stack)).resources.length > 30);
    });
  }

  for (const stack of ["Prod", "v1.2", "a--b", "2nd", "s".repeat(39)]) {
    it(`refuses the stack ${stack}, whose name AWS would refuse`, () => {
      assert.deepEqual(problems(goodConfiguration, stack), [
        `the stack's name \`${stack}\`: choose up to 38 small letters, digits and single hyphens, a letter first`,
      ]);
    });
  }

  it("allows long intervals where that is said", () => {
    assert.deepEqual(problems({ ...goodConfiguration, schedule: { days: 365 }, allowLongIntervals: true }), []);
  });
});

/** The lines that a configuration gets. */
function problems(config: Record<string, unknown>, stack = "test"): string[] {
  pulumi.runtime.setMockOptions(undefined, "secrets-rotation", stack);
  const all = Object.entries(config).map(([key, value]) => [
    key.includes(":") ? key : `secrets-rotation:${key}`,
    value,
  ]);
  try {
    readConfig(asPulumiGivesIt(Object.fromEntries(all)));
    return [];
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error));
    const [first, ...lines] = error.message.split("\n");
    assert.equal(first, `Pulumi.${stack}.yaml can't be deployed:`);
    return lines.map((line) => line.replace("  - ", ""));
  }
}
