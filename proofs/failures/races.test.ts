import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { workingLabels } from "../world/labels";
import { sharedPostgres } from "../world/sharedPostgres";
import { type Bench, openBench } from "./bench";

describe("a rotation whose labels move under its hands", () => {
  let bench: Bench;

  beforeEach(async () => {
    bench = await openBench(await sharedPostgres(), { strategy: "single-user" });
    await bench.takeUpTo("setSecret");
  });

  afterEach(() => bench.close());

  /** Somebody stores another pending value, between two of the step's calls. */
  async function storeAnotherPending(): Promise<void> {
    const { stand, subject } = bench.setting;
    const password = "Of_another-version.0123456789abc";
    const value = { engine: "postgres", host: "localhost", port: stand.proxy.port, username: subject.user, password };
    await stand.client.send(
      new PutSecretValueCommand({
        ...{ SecretId: subject.secretId, ClientRequestToken: randomUUID(), VersionStages: ["AWSPENDING"] },
        SecretString: JSON.stringify({ ...value, dbname: "postgres" }),
      }),
    );
  }

  it("never sets the password of a version that is not its own", async () => {
    const { stand, subject } = bench.setting;
    let described: () => void = () => undefined;
    const description = new Promise<void>((resolve) => {
      described = resolve;
    });
    let moved = false;
    stand.effects.watcher = {
      before: async ({ name }) => {
        if (name !== "GetSecretValue AWSPENDING" || moved) return undefined;
        moved = true;
        await description;
        stand.effects.pause();
        await storeAnotherPending();
        stand.effects.resume();
        return undefined;
      },
      after: async ({ name }) => {
        if (name === "DescribeSecret") described();
        return undefined;
      },
    };

    const outcome = await bench.take("setSecret");

    assert.equal(moved, true);
    assert.equal(outcome.ok, false, "the step took another version for its own");
    assert.deepEqual(await workingLabels(stand.service, subject.secretId, stand.postgres), ["AWSCURRENT"]);
  });
});
