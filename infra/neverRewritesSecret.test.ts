import assert from "node:assert/strict";
import { seedLabel } from "../components";
import { EngineModel, SecretModel } from "../emulators/pulumi/engineModel";
import type { RecordedStack } from "../emulators/pulumi/recordedStack";
import { settingTags } from "../rotation-fn/secret/settings";
import { evaluateProgram } from "./evaluate";

const version = "aws:secretsmanager/secretVersion:SecretVersion";
const name = "ananta/prod/control-plane-db";

describe("the secret's value", () => {
  let service: SecretModel;
  let engine: EngineModel;
  beforeEach(() => {
    service = new SecretModel();
    engine = new EngineModel(service);
  });

  it("first deployment: one value is written, labeled AWSCURRENT and SecretsRotationSeed", async () => {
    const stack = await evaluateProgram();
    const steps = engine.up(stack);
    assert.ok(steps.every(({ action }) => action === "create"));
    assert.equal(service.written.length, 1);
    assert.deepEqual([...(service.versions.get("seed")?.labels ?? [])], ["AWSCURRENT", seedLabel]);
    assert.deepEqual(Object.keys(JSON.parse(service.written[0] ?? "")), [
      "engine",
      "host",
      "port",
      "username",
      "password",
      "dbname",
    ]);
  });

  it("the stack's own database: is created with the password of the first value", async () => {
    const stack = await evaluateProgram();
    const { password } = JSON.parse(String(stack.find(version).inputs.secretString));
    assert.equal(stack.find("aws:rds/instance:Instance").inputs.password, password);
  });

  it("a second deployment, for which Secrets Manager generates another password: nothing is written", async () => {
    engine.up(await evaluateProgram());
    const again = await evaluateProgram();
    assert.notEqual(again.find(version).inputs.secretString, service.written[0]);
    assert.deepEqual(engine.up(again), []);
  });

  it("two rotations, refreshes and more deployments: nothing is written, and no label is moved", async () => {
    engine.up(await evaluateProgram());
    service.rotate("one", "first");
    assert.deepEqual(engine.up(await evaluateProgram()), []);
    service.rotate("two", "second");
    engine.refresh();
    assert.deepEqual(engine.up(await evaluateProgram()), []);
    engine.refresh();
    assert.deepEqual(engine.up(await evaluateProgram()), []);
    assert.equal(service.holderOf("AWSCURRENT"), "two");
    assert.equal(service.holderOf("AWSPREVIOUS"), "one");
    assert.equal(service.written.length, 1);
  });

  it("Secrets Manager deletes versions without a label: the first version stays, and nothing is written", async () => {
    engine.up(await evaluateProgram());
    for (let i = 0; i < 5; i++) {
      service.rotate(`rotation-${i}`, `value-${i}`);
      service.collect();
      engine.refresh();
    }
    assert.deepEqual([...service.versions.keys()], ["seed", "rotation-3", "rotation-4"]);
    assert.deepEqual(engine.up(await evaluateProgram()), []);
    assert.equal(service.holderOf("AWSCURRENT"), "rotation-4");
  });

  it("the password in the configuration changes, before and after a rotation: nothing is written", async () => {
    engine.up(await withPassword("first"));
    assert.deepEqual(engine.up(await withPassword("second")), []);
    service.rotate("one", "rotated");
    assert.deepEqual(engine.up(await withPassword("third")), []);
    assert.equal(service.written.length, 1);
  });

  it("host and port change in the configuration: only a tag changes, and nothing is written", async () => {
    engine.up(await withPassword("first"));
    service.rotate("one", "rotated");
    const moved = await withPassword("first", { host: "other.example.com", port: 6432 });
    assert.deepEqual(
      engine.up(moved).map(({ action, changed }) => [action, changed]),
      [["update", ["tags"]]],
    );
    const { tags } = moved.find("aws:secretsmanager/secret:Secret").inputs;
    assert.equal(Reflect.get(Object(tags), settingTags.database), "other.example.com:6432");
  });

  it("settings change: only tags change, and nothing is written", async () => {
    engine.up(await withPassword("first"));
    const steps = engine.up(await withPassword("first", { port: 6432 }));
    assert.deepEqual(
      steps.map(({ action, changed }) => [action, changed]),
      [["update", ["tags"]]],
    );
  });

  it("an existing secret: the stack creates no secret and no version, only tags and the rotation", async () => {
    const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:legacy/db-AbCdEf";
    const stack = await evaluateProgram({
      stack: "prod",
      config: {
        databases: [
          {
            ...{ secretArn, host: "db.example.com", username: "app", securityGroupId: "sg-0a1b2c3d" },
            ...{
              memberOf: ["readers"],
              adminSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf",
            },
          },
        ],
      },
    });
    assert.deepEqual(stack.all(version), []);
    assert.deepEqual(stack.all("aws:secretsmanager/secret:Secret"), []);
    const { inputs } = stack.find("aws:secretsmanager/secretRotation:SecretRotation");
    assert.deepEqual([inputs.secretId, inputs.rotateImmediately], [secretArn, false]);
    assert.deepEqual(
      stack.all("aws:secretsmanager/tag:Tag").map(({ inputs }) => [inputs.secretId, inputs.key, inputs.value]),
      [
        [secretArn, "secrets-rotation:strategy", "single-user"],
        [
          secretArn,
          "secrets-rotation:admin-secret",
          "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf",
        ],
        [secretArn, "secrets-rotation:member-of", "readers"],
        [secretArn, "secrets-rotation:username", "app"],
        [secretArn, "secrets-rotation:database", "db.example.com:5432"],
      ],
    );
    // Without the tags, an immediate rotation would use other settings.
    const rotation = stack.find("aws:secretsmanager/secretRotation:SecretRotation");
    for (const { urn } of stack.all("aws:secretsmanager/tag:Tag")) assert.ok(rotation.dependencies.includes(urn), urn);
    assert.equal(
      stack.find("aws:lambda/permission:Permission", "prod-secrets-rotation").inputs.sourceArn,
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:legacy/db-??????",
    );
  });

  it("an earlier deployment ended after it created the database: the value has the database's password", async () => {
    const stack = await evaluateProgram({
      outputsOf: ({ type }): Record<string, unknown> =>
        type === "aws:rds/instance:Instance" ? { password: "of the earlier deployment" } : {},
    });
    assert.deepEqual(stack.find("aws:rds/instance:Instance").ignoreChanges, ["password"]);
    const seed = stack.find(version);
    assert.equal(JSON.parse(String(seed.inputs.secretString)).password, "of the earlier deployment");
    assert.deepEqual(seed.secretInputs, ["secretString"]);
  });

  it("passwords: in no output of the stack, and in no input that is not encrypted", async () => {
    const password = "find-me-4711";
    for (const { resources, outputs } of [await withPassword(password), await evaluateProgram()]) {
      const seeds = resources.filter(({ type }) => type === version || type === "aws:rds/instance:Instance");
      const values = seeds.map(({ inputs: { secretString, password: plain } }) =>
        secretString === undefined ? String(plain) : String(JSON.parse(String(secretString)).password),
      );
      assert.ok(values.length > 0 && values.every((value) => value.length > 8));
      const unencrypted = resources.map(({ inputs, secretInputs }) =>
        Object.entries(inputs).filter(([key]) => !secretInputs.includes(key)),
      );
      const text = JSON.stringify([unencrypted, outputs]);
      for (const value of values)
        assert.ok(!text.includes(JSON.stringify(value).slice(1, -1)), "found a password in plaintext");
    }
  });

  it("destroy: the version is removed without a call, and the secret can be restored for seven days", async () => {
    const stack = await evaluateProgram();
    assert.equal(stack.find(version).retainOnDelete, true);
    assert.equal(stack.find("aws:secretsmanager/secret:Secret").inputs.recoveryWindowInDays, 7);
  });

  it("replicaRegions: replicas with their own key or with the region's AWS managed key", async () => {
    const kmsKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/copy";
    const stack = await withPassword("first", {
      replicaRegions: ["eu-west-1", { region: "eu-central-1", kmsKeyArn }, { region: "eu-west-2" }],
    });
    assert.deepEqual(stack.find("aws:secretsmanager/secret:Secret").inputs.replicas, [
      { region: "eu-west-1", kmsKeyId: "alias/aws/secretsmanager" },
      { region: "eu-central-1", kmsKeyId: kmsKeyArn },
      { region: "eu-west-2", kmsKeyId: "alias/aws/secretsmanager" },
    ]);
  });

  describe("EngineModel shows the faults that the program avoids", () => {
    it("without ignoreChanges: the value is replaced", async () => {
      const withoutIgnoreChanges = (stack: RecordedStack): RecordedStack => ({
        ...stack,
        resources: stack.resources.map((resource) => ({ ...resource, ignoreChanges: [] })),
      });
      engine.up(withoutIgnoreChanges(await evaluateProgram()));
      const steps = engine.up(withoutIgnoreChanges(await evaluateProgram()));
      assert.deepEqual(steps.map(({ action }) => action).sort(), ["replace", "update"]);
    });

    it("without SecretsRotationSeed: the deleted first version is created again", async () => {
      const withoutSeedLabel = (stack: RecordedStack): RecordedStack => ({
        ...stack,
        resources: stack.resources.map((resource) =>
          resource.type === version
            ? { ...resource, inputs: { ...resource.inputs, versionStages: ["AWSCURRENT"] } }
            : resource,
        ),
      });
      engine.up(withoutSeedLabel(await evaluateProgram()));
      service.rotate("one", "first");
      service.rotate("two", "second");
      service.collect();
      engine.refresh();
      const [step] = engine.up(withoutSeedLabel(await evaluateProgram()));
      assert.equal(step?.action, "create");
    });
  });
});

function withPassword(password: string, change: object = {}): Promise<RecordedStack> {
  return evaluateProgram({
    stack: "prod",
    config: {
      passwords: { [name]: password },
      databases: [
        { secretName: name, host: "db.example.com", username: "app", securityGroupId: "sg-0a1b2c3d", ...change },
      ],
    },
  });
}
