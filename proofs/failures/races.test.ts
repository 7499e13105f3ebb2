import assert from "node:assert/strict";
import { type Harness, openRotation } from "../world/harness";
import { workingLabels } from "../world/labels";
import type { TestSecret } from "../world/testSecret";

describe("a rotation whose staging labels move during a step", () => {
  let harness: Harness;
  let secret: TestSecret;

  beforeEach(async () => {
    ({ harness, secret } = await openRotation());
    await secret.runStepsBefore("setSecret");
  });

  afterEach(() => harness.close());

  it("when another pending value is stored during setSecret, does not set its password", async () => {
    const { effects } = harness;
    let described: () => void = () => undefined;
    const description = new Promise<void>((resolve) => {
      described = resolve;
    });
    let moved = false;
    effects.watcher = {
      before: async ({ name }) => {
        if (name !== "GetSecretValue AWSPENDING" || moved) return undefined;
        moved = true;
        await description;
        // An operator stores another pending value between two calls of the step.
        await effects.runUnwatched(() => secret.put({ password: "Of_another-version.0123456789abc" }, ["AWSPENDING"]));
        return undefined;
      },
      after: async ({ name }) => {
        if (name === "DescribeSecret") described();
        return undefined;
      },
    };

    const outcome = await secret.runStep("setSecret");

    assert.equal(moved, true);
    assert.equal(outcome.ok, false, "the step used another version");
    assert.deepEqual(await workingLabels(secret), ["AWSCURRENT"]);
  });
});
