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

  it("is written once, with a label of its own beside AWSCURRENT", async () => {
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

  it("is the password that the stack's own database is made with", async () => {
    const stack = await evaluateProgram();
    const { password } = JSON.parse(String(stack.find(version).inputs.secretString));
    assert.equal(stack.find("aws:rds/instance:Instance").inputs.password, password);
  });

  it("stays when nothing has changed but the password that the service would make next", async () => {
    engine.up(await evaluateProgram());
    const again = await evaluateProgram();
    assert.notEqual(again.find(version).inputs.secretString, service.written[0]);
    assert.deepEqual(engine.up(again), []);
  });

  it("stays after two rotations, a refresh and more deployments", async () => {
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

  it("stays when the service collects versions: the seed keeps its label", async () => {
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

  it("stays when the password in the configuration changes, before a rotation and after", async () => {
    engine.up(await withPassword("first"));
    assert.deepEqual(engine.up(await withPassword("second")), []);
    service.rotate("one", "rotated");
    assert.deepEqual(engine.up(await withPassword("third")), []);
    assert.equal(service.written.length, 1);
  });

  it("stays when host and port change in the configuration: a tag brings them to the next rotation", async () => {
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

  it("stays when settings change: they are tags", async () => {
    engine.up(await withPassword("first"));
    const steps = engine.up(await withPassword("first", { memberOf: ["readers"] }));
    assert.deepEqual(
      steps.map(({ action, changed }) => [action, changed]),
      [["update", ["tags"]]],
    );
  });

  it("is never touched in a secret that existed before", async () => {
    const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:legacy/db-AbCdEf";
    const stack = await evaluateProgram({
      stack: "prod",
      config: {
        databases: [
          { secretArn, host: "db.example.com", username: "app", securityGroupId: "sg-0a1b2c3d", memberOf: ["readers"] },
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
        [secretArn, "secrets-rotation:member-of", "readers"],
        [secretArn, "secrets-rotation:username", "app"],
        [secretArn, "secrets-rotation:database", "db.example.com:5432"],
      ],
    );
    // Without them the function would change the password another way: an immediate rotation has to find them.
    const rotation = stack.find("aws:secretsmanager/secretRotation:SecretRotation");
    for (const { urn } of stack.all("aws:secretsmanager/tag:Tag")) assert.ok(rotation.dependencies.includes(urn), urn);
    assert.equal(
      stack.find("aws:lambda/permission:Permission", "prod-secrets-rotation").inputs.sourceArn,
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:legacy/db-??????",
    );
  });

  it("is the password that the database was made with, also when an earlier deployment ended between the two", async () => {
    const stack = await evaluateProgram({
      outputsOf: ({ type }): Record<string, unknown> =>
        type === "aws:rds/instance:Instance" ? { password: "of the earlier deployment" } : {},
    });
    assert.deepEqual(stack.find("aws:rds/instance:Instance").ignoreChanges, ["password"]);
    const seed = stack.find(version);
    assert.equal(JSON.parse(String(seed.inputs.secretString)).password, "of the earlier deployment");
    assert.deepEqual(seed.secretInputs, ["secretString"]);
  });

  it("stands in no output of the stack, and in no input that is not encrypted", async () => {
    const password = "find-me-4711";
    for (const { resources, outputs } of [await withPassword(password), await evaluateProgram()]) {
      const seeds = resources.filter(({ type }) => type === version || type === "aws:rds/instance:Instance");
      const values = seeds.map(({ inputs: { secretString, password: plain } }) =>
        secretString === undefined ? String(plain) : String(JSON.parse(String(secretString)).password),
      );
      assert.ok(values.length > 0 && values.every((value) => value.length > 8));
      const open = resources.map(({ inputs, secretInputs }) =>
        Object.entries(inputs).filter(([key]) => !secretInputs.includes(key)),
      );
      const text = JSON.stringify([open, outputs]);
      for (const value of values)
        assert.ok(!text.includes(JSON.stringify(value).slice(1, -1)), "a password stands there");
    }
  });

  it("leaves the state without a call when the stack goes, and is restorable for seven days", async () => {
    const stack = await evaluateProgram();
    assert.equal(stack.find(version).retainOnDelete, true);
    assert.equal(stack.find("aws:secretsmanager/secret:Secret").inputs.recoveryWindowInDays, 7);
  });

  it("has copies in other regions where that is asked for, each with its own key or the region's", async () => {
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

  describe("in the model of the engine", () => {
    it("would be replaced if its changes were not ignored", async () => {
      const unguarded = (stack: RecordedStack): RecordedStack => ({
        ...stack,
        resources: stack.resources.map((resource) => ({ ...resource, ignoreChanges: [] })),
      });
      engine.up(unguarded(await evaluateProgram()));
      const steps = engine.up(unguarded(await evaluateProgram()));
      assert.deepEqual(steps.map(({ action }) => action).sort(), ["replace", "update"]);
    });

    it("would be made anew if the seed had no label of its own", async () => {
      const unlabelled = (stack: RecordedStack): RecordedStack => ({
        ...stack,
        resources: stack.resources.map((resource) =>
          resource.type === version
            ? { ...resource, inputs: { ...resource.inputs, versionStages: ["AWSCURRENT"] } }
            : resource,
        ),
      });
      engine.up(unlabelled(await evaluateProgram()));
      service.rotate("one", "first");
      service.rotate("two", "second");
      service.collect();
      engine.refresh();
      const [step] = engine.up(unlabelled(await evaluateProgram()));
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
