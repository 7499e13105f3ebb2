import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { type SecretsManager, type ServiceFault, startSecretsManager } from "../../emulators/secrets-manager";
import { localClient } from "../../proofs/world/client";
import { passwordRules } from "./password";
import { SecretClient } from "./secretClient";

const [first, second, third] = ["1", "2", "3"].map((digit) => digit.repeat(32)) as [string, string, string];
/** One read, and one after each pause. */
const reads = 5;
const denied: ServiceFault = { kind: "error", type: "AccessDeniedException", message: "not authorized" };

describe("SecretClient", () => {
  let service: SecretsManager;
  let client: SecretsManagerClient;
  let secret: SecretClient;
  const SecretId = "db";

  beforeEach(async () => {
    service = await startSecretsManager();
    client = localClient(service.endpoint);
    await client.send(new CreateSecretCommand({ Name: SecretId, SecretString: "one", ClientRequestToken: first }));
    secret = new SecretClient(client, SecretId);
  });

  afterEach(async () => {
    client.destroy();
    await service.close();
  });

  async function put(id: string, text: string, ...VersionStages: string[]): Promise<void> {
    await client.send(
      new PutSecretValueCommand({ SecretId, ClientRequestToken: id, SecretString: text, VersionStages }),
    );
  }

  /** These calls of an operation get the fault. */
  function disturb(operation: string, fault: ServiceFault, calls: (count: number) => boolean = () => true): void {
    let count = 0;
    const before = (request: { operation: string }): ServiceFault | undefined =>
      request.operation === operation && calls(++count) ? fault : undefined;
    service.setHooks({ before });
  }

  const callsOf = (operation: string): number => service.calls.filter((call) => call === operation).length;
  const labels = async (): Promise<unknown> => (await secret.describe()).stages;

  describe("describe", () => {
    it("returns the labels of each version, and the tags", async () => {
      await put(second, "two", "AWSPENDING");
      await client.send(
        new TagResourceCommand({ SecretId, Tags: [{ Key: "team", Value: "payments" }, { Key: "empty" }] }),
      );
      const { stages, tags } = await secret.describe();
      assert.deepEqual(stages, { [first]: ["AWSCURRENT"], [second]: ["AWSPENDING"] });
      assert.deepEqual(tags, { team: "payments", empty: "" });
    });

    it("when the answer does not contain RotationEnabled, rotation counts as on", async () => {
      assert.equal((await secret.describe()).rotationEnabled, true);
    });

    it("when the answer does not show the version yet, reads again", async () => {
      await put(second, "two", "AWSPENDING");
      disturb("DescribeSecret", { kind: "stale" }, (count) => count <= 2);
      assert.ok(second in (await secret.describe(second)).stages);
      assert.equal(callsOf("DescribeSecret"), 3);
    });

    it("when no answer shows the version, returns the last", async () => {
      assert.deepEqual(Object.keys((await secret.describe(second)).stages), [first]);
      assert.equal(callsOf("DescribeSecret"), reads);
    });

    it("without a version to wait for, reads once", async () => {
      await secret.describe();
      assert.equal(callsOf("DescribeSecret"), 1);
    });
  });

  describe("read", () => {
    it("returns the version with the label, and undefined if there is none", async () => {
      const { id, text, createdAt } = (await secret.read("AWSCURRENT")) ?? {};
      assert.deepEqual([id, text], [first, "one"]);
      assert.deepEqual(createdAt, service.store.find(SecretId).versions.get(first)?.createdAt);
      assert.equal(await secret.read("AWSPENDING"), undefined);
    });

    it("with an ID, returns that version only if it has the label", async () => {
      await put(second, "two", "AWSPENDING");
      assert.equal((await secret.read("AWSPENDING", second))?.text, "two");
      await put(third, "three", "AWSPENDING");
      await assert.rejects(secret.read("AWSPENDING", second), { code: "SecretsManagerFailed" });
    });

    it("when the value is binary, has no text", async () => {
      const SecretBinary = Buffer.from("bytes");
      await client.send(new PutSecretValueCommand({ SecretId, SecretBinary }));
      assert.equal((await secret.read("AWSCURRENT"))?.text, undefined);
    });

    it("when the service refuses, throws an error that names the action and the secret", async () => {
      disturb("GetSecretValue", denied);
      const message = /^secretsmanager:GetSecretValue for db: AccessDeniedException: not authorized$/;
      await assert.rejects(secret.read("AWSCURRENT"), { code: "AccessDenied", message });
    });

    it("of another secret, reads that one", async () => {
      await client.send(new CreateSecretCommand({ Name: "other", SecretString: "of the other" }));
      assert.equal((await secret.of("other").read("AWSCURRENT"))?.text, "of the other");
    });
  });

  describe("startReadingPending", () => {
    it("when the value is not there yet, reads again", async () => {
      await put(second, "two", "AWSPENDING");
      disturb("GetSecretValue", { kind: "stale" }, (count) => count <= 2);
      assert.equal((await secret.startReadingPending(second))?.text, "two");
      assert.equal(callsOf("GetSecretValue"), 3);
    });

    it("when there never is a value, returns undefined", async () => {
      assert.equal(await secret.startReadingPending(second), undefined);
      assert.equal(callsOf("GetSecretValue"), reads);
    });

    it("when it fails and its result is not awaited, does not end the process", async () => {
      disturb("GetSecretValue", denied);
      const reading = secret.startReadingPending(second);
      await secret.describe();
      await assert.rejects(reading, { code: "AccessDenied" });
    });
  });

  describe("describeWithCurrent", () => {
    it("when the two reads disagree on the current version, repeats both", async () => {
      await put(second, "two", "AWSCURRENT");
      disturb("GetSecretValue", { kind: "stale" }, (count) => count === 1);
      const { current, description } = await secret.describeWithCurrent();
      assert.deepEqual([current.text, description.stages[second]], ["two", ["AWSCURRENT"]]);
      assert.deepEqual([callsOf("GetSecretValue"), callsOf("DescribeSecret")], [2, 2]);
    });

    it("when they disagree each time, throws InconsistentReads", async () => {
      await put(second, "two", "AWSCURRENT");
      disturb("DescribeSecret", { kind: "stale" });
      await assert.rejects(secret.describeWithCurrent(), {
        code: "InconsistentReads",
        message: "two reads of db disagree on which version is AWSCURRENT",
      });
      assert.equal(callsOf("DescribeSecret"), reads);
    });

    it("when the version is not shown yet, repeats both; when it never is, returns what there is", async () => {
      await put(second, "two", "AWSPENDING");
      disturb("DescribeSecret", { kind: "stale" }, (count) => count === 1);
      assert.ok(second in (await secret.describeWithCurrent(second)).description.stages);
      assert.equal(callsOf("DescribeSecret"), 2);
      assert.equal((await secret.describeWithCurrent(third)).current.text, "one");
      assert.equal(callsOf("DescribeSecret"), 2 + reads);
    });

    it("when no version has AWSCURRENT, throws InvalidSecret", async () => {
      await client.send(new CreateSecretCommand({ Name: "empty" }));
      await assert.rejects(secret.of("empty").describeWithCurrent(), {
        code: "InvalidSecret",
        message: "the secret empty has no AWSCURRENT version with a value",
      });
    });
  });

  it("randomPassword: follows the rules", async () => {
    const rules = passwordRules({ PASSWORD_LENGTH: "40", EXCLUDE_LOWERCASE: "true", EXCLUDE_NUMBERS: "true" });
    assert.match(await secret.randomPassword(rules), /^[A-Z._-]{40}$/);
  });

  describe("putPending", () => {
    it("stores the value as AWSPENDING, and does not move AWSCURRENT", async () => {
      assert.equal(await secret.putPending(second, "two"), true);
      assert.deepEqual(await labels(), { [first]: ["AWSCURRENT"], [second]: ["AWSPENDING"] });
      assert.equal((await secret.read("AWSPENDING"))?.text, "two");
    });

    it("when the version has another value, keeps it", async () => {
      await secret.putPending(second, "two");
      assert.equal(await secret.putPending(second, "another"), false);
      assert.equal((await secret.read("AWSPENDING"))?.text, "two");
    });

    it("when the service refuses, throws", async () => {
      disturb("PutSecretValue", denied);
      await assert.rejects(secret.putPending(second, "two"), {
        code: "AccessDenied",
        message: /PutSecretValue for db/,
      });
    });
  });

  it("promote: moves AWSCURRENT, and AWSPREVIOUS with it, only from the version that has it", async () => {
    await put(second, "two", "AWSPENDING");
    await assert.rejects(secret.promote(second, third), { message: /UpdateSecretVersionStage for db/ });
    await secret.promote(second, first);
    assert.deepEqual(await labels(), { [first]: ["AWSPREVIOUS"], [second]: ["AWSPENDING", "AWSCURRENT"] });
  });

  it("giveUpPending: takes AWSPENDING off the version alone", async () => {
    await put(second, "two", "AWSPENDING");
    await secret.giveUpPending(second);
    assert.deepEqual(await labels(), { [first]: ["AWSCURRENT"] });
  });

  describe("unlabelled", () => {
    const textsOf = async (count: number): Promise<unknown[]> => {
      const texts = [];
      for await (const { text } of secret.unlabelled(count)) texts.push(text);
      return texts;
    };

    /** No version has a label of the rotation. The third has a custom label. */
    async function storeLost(): Promise<void> {
      await put(second, "two", "AWSPENDING");
      await put(third, "three", "AWSPENDING");
      await client.send(
        new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "kept", MoveToVersionId: third }),
      );
      await put(randomUUID(), "pending", "AWSPENDING");
      const { versions } = service.store.find(SecretId);
      for (const [id, day] of [
        [second, 1],
        [third, 2],
      ] as const) {
        const version = versions.get(id);
        assert.ok(version);
        versions.set(id, { ...version, createdAt: new Date(Date.UTC(2026, 0, day)) });
      }
    }

    it("yields the versions without a label of the rotation, newest first", async () => {
      await storeLost();
      assert.deepEqual(await textsOf(5), ["three", "two"]);
    });

    it("yields no more than the given number", async () => {
      await storeLost();
      assert.deepEqual(await textsOf(1), ["three"]);
    });

    it("when a version cannot be read, yields the others", async () => {
      await storeLost();
      disturb("GetSecretValue", denied, (count) => count === 1);
      assert.deepEqual(await textsOf(5), ["two"]);
    });

    it("when the versions cannot be listed, throws", async () => {
      disturb("ListSecretVersionIds", denied);
      await assert.rejects(textsOf(5), { code: "AccessDenied", message: /ListSecretVersionIds for db/ });
    });
  });

  it("when its signal is aborted, each method throws the signal's reason and sends nothing, also for another secret", async () => {
    const reason = new Error("the step has ended");
    const ended = new SecretClient(client, SecretId, AbortSignal.abort(reason));
    const sent = service.calls.length;
    for (const call of [
      () => ended.describe(),
      () => ended.read("AWSCURRENT"),
      () => ended.of("other").read("AWSCURRENT"),
      () => ended.startReadingPending(second),
      () => ended.describeWithCurrent(),
      () => ended.randomPassword(passwordRules({})),
      () => ended.putPending(second, "two"),
      () => ended.promote(second, first),
      () => ended.giveUpPending(first),
      () => ended.unlabelled(1).next(),
    ] as (() => Promise<unknown>)[]) {
      await assert.rejects(call, reason);
    }
    assert.equal(service.calls.length, sent);
  });
});
