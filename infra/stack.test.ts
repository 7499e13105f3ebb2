import assert from "node:assert/strict";
import type { RecordedStack } from "../emulators/pulumi/recordedStack";
import { evaluateProgram } from "./evaluate";
import { shippedStack } from "./testing/shippedStack";

const rotation = "aws:secretsmanager/secretRotation:SecretRotation";
const lambda = "aws:lambda/function:Function";

describe("the stack", () => {
  let dev: RecordedStack;
  let prod: RecordedStack;
  before(async () => {
    dev = await shippedStack("dev");
    prod = await shippedStack("prod");
  });

  describe("schedule", () => {
    it("rotates at once, then every 30 days", () => {
      const { rotateImmediately, rotationRules } = dev.find(rotation).inputs;
      assert.deepEqual([rotateImmediately, rotationRules], [true, { automaticallyAfterDays: 30 }]);
    });

    it("gives each secret an hour of its own in a long window", () => {
      const { rotationRules } = prod.find(rotation, "ananta/prod/reporting-db").inputs;
      const { scheduleExpression, duration } = rotationRules as { scheduleExpression: string; duration: string };
      assert.match(scheduleExpression, /^cron\(0 [2-5] \? \* SUN \*\)$/);
      assert.equal(duration, "1h");
    });
  });

  describe("the database of its own", () => {
    it("is encrypted, private and TLS only, and keeps the first password out of sight", () => {
      const database = dev.find("aws:rds/instance:Instance");
      const { storageEncrypted, publiclyAccessible, multiAz, caCertIdentifier, backupRetentionPeriod } =
        database.inputs;
      assert.deepEqual([storageEncrypted, publiclyAccessible, multiAz], [true, false, false]);
      assert.deepEqual([caCertIdentifier, backupRetentionPeriod], ["rds-ca-rsa2048-g1", 7]);
      assert.ok(database.secretInputs.includes("password"));
      const { parameters } = dev.find("aws:rds/parameterGroup:ParameterGroup").inputs;
      assert.ok(JSON.stringify(parameters).includes('{"name":"rds.force_ssl","value":"1"}'));
    });
  });

  it("gives what a person does next", () => {
    assert.equal(
      dev.outputs.rotateCommand,
      'aws secretsmanager rotate-secret --secret-id "ananta/dev/control-plane-db" --region us-east-1',
    );
    assert.equal(dev.outputs.tailCommand, "aws logs tail /aws/lambda/dev-secrets-rotation --follow --region us-east-1");
    assert.match(String(dev.outputs.dashboardUrl), /dashboards\/dashboard\/dev-secrets-rotation$/);
  });

  it("tags all that takes tags", () => {
    for (const { type, name, inputs } of dev.resources) {
      if (inputs.tags !== undefined) assert.equal(Reflect.get(Object(inputs.tags), "stack"), "dev", `${type} ${name}`);
    }
  });

  it("has a tag of the user's own in place of the stack's, whatever its case: IAM takes the two for one", async () => {
    const stack = await evaluateProgram({ config: { tags: { Project: "orders" } } });
    assert.deepEqual(stack.find("aws:iam/role:Role", "dev-secrets-rotation").inputs.tags, {
      stack: "dev",
      Project: "orders",
    });
  });

  it("has its children under its components", () => {
    const component = dev.find("secrets-rotation:index:RotationFunction");
    for (const type of [lambda, "aws:cloudwatch/logGroup:LogGroup", "aws:iam/role:Role"]) {
      assert.equal(dev.find(type, "dev-secrets-rotation").parent, component.urn);
    }
  });

  it("protects secrets and key where that is asked for", () => {
    for (const type of ["aws:kms/key:Key", "aws:secretsmanager/secret:Secret"]) {
      assert.ok(
        prod.all(type).every((resource) => resource.protect),
        type,
      );
      assert.ok(!dev.all(type).some((resource) => resource.protect), type);
    }
  });

  it("has no path of this machine in what it registers, and no password that is not marked secret", () => {
    for (const stack of [dev, prod]) {
      for (const { type, inputs, secretInputs } of stack.resources) {
        const open = Object.fromEntries(Object.entries(inputs).filter(([key]) => !secretInputs.includes(key)));
        const text = JSON.stringify(open);
        assert.ok(!text.includes(process.cwd()), type);
        assert.doesNotMatch(text, /Seed\d/, type);
      }
    }
  });

  it("calls only what changes nothing", () => {
    assert.deepEqual([...new Set(dev.calls)].sort(), [
      "aws:index/getCallerIdentity:getCallerIdentity",
      "aws:index/getPartition:getPartition",
      "aws:index/getRegion:getRegion",
      "aws:secretsmanager/getRandomPassword:getRandomPassword",
    ]);
  });

  it("is the same in every region", async () => {
    const stack = await evaluateProgram({ config: { "aws:region": "eu-central-1" } });
    for (const { type, inputs } of stack.resources) {
      if (type !== lambda) assert.doesNotMatch(JSON.stringify(inputs), /us-east-1/, type);
    }
  });
});
