import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "./config";
import { asPulumiConfig, evaluateProgram, stackConfig } from "./evaluate";
import { badConfigurations } from "./testing/badConfigurations";
import { badValues } from "./testing/badValues";
import { databaseWith, goodConfiguration } from "./testing/goodConfiguration";
import { shippedStack } from "./testing/shippedStack";

/** Unusual values that work. */
const unusual: [string, Record<string, unknown>][] = [
  ["a host with an underscore", databaseWith({ host: "db_1.internal" })],
  ["an IPv4 address as a host", databaseWith({ host: "10.0.0.5" })],
  ["a short host name", databaseWith({ host: "db" })],
  ["a role app_clone that a single user is a member of", databaseWith({ memberOf: ["app_clone"] })],
  ["a user with the name of a keyword in capitals", databaseWith({ username: "PUBLIC" })],
];

describe("configuration", () => {
  for (const [what, change, lines] of [...badValues, ...badConfigurations]) {
    it(`rejects ${what}`, () => {
      assert.deepEqual(problems({ ...goodConfiguration, ...change }), lines);
    });
  }

  it("an unknown key: the program fails with a RunError before the first resource", async () => {
    await assert.rejects(evaluateProgram({ config: { protekt: true } }), (error) => pulumi.RunError.isInstance(error));
  });

  for (const stack of ["dev", "prod"] as const) {
    it(`Pulumi.${stack}.yaml of this repository: valid, and the program creates its resources`, async () => {
      assert.deepEqual(problems(stackConfig(stack)), []);
      assert.ok((await shippedStack(stack)).resources.length > 30);
    });
  }

  for (const stack of ["Prod", "v1.2", "a--b", "2nd", "s".repeat(39)]) {
    it(`rejects the stack name ${stack}`, () => {
      assert.deepEqual(problems(goodConfiguration, stack), [
        `the stack name \`${stack}\`: use at most 38 lowercase letters, digits and single hyphens, and begin with a letter`,
      ]);
    });
  }

  for (const [what, change] of unusual)
    it(`accepts ${what}`, () => assert.deepEqual(problems({ ...goodConfiguration, ...change }), []));

  it("allowLongIntervals: allows more than 90 days between two rotations", () => {
    assert.deepEqual(problems({ ...goodConfiguration, schedule: { days: 365 }, allowLongIntervals: true }), []);
  });
});

/** The problems that `readConfig` reports. */
function problems(config: Record<string, unknown>, stack = "test"): string[] {
  pulumi.runtime.setMockOptions(undefined, "secrets-rotation", stack);
  const all = Object.entries(config).map(([key, value]) => [
    key.includes(":") ? key : `secrets-rotation:${key}`,
    value,
  ]);
  try {
    readConfig(asPulumiConfig(Object.fromEntries(all)));
    return [];
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error));
    const [first, ...lines] = error.message.split("\n");
    assert.equal(first, `Pulumi.${stack}.yaml cannot be deployed:`);
    return lines.map((line) => line.replace("  - ", ""));
  }
}
