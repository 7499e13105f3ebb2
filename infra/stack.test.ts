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
    it("stack dev: rotates immediately, then every 30 days", () => {
      const { rotateImmediately, rotationRules } = dev.find(rotation).inputs;
      assert.deepEqual([rotateImmediately, rotationRules], [true, { automaticallyAfterDays: 30 }]);
    });

    it("a cron with a long window: each secret gets one hour of it", () => {
      const { rotationRules } = prod.find(rotation, "ananta/prod/reporting-db").inputs;
      const { scheduleExpression, duration } = rotationRules as { scheduleExpression: string; duration: string };
      assert.match(scheduleExpression, /^cron\(0 [2-5] \? \* SUN \*\)$/);
      assert.equal(duration, "1h");
    });
  });

  describe("the stack's own database", () => {
    it("is encrypted, private and TLS only, and its first password is a Pulumi secret", () => {
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

  it("outputs: the commands to copy, and the dashboard's URL", () => {
    assert.equal(
      dev.outputs.rotateCommand,
      'aws secretsmanager rotate-secret --secret-id "ananta/dev/control-plane-db" --region us-east-1',
    );
    assert.equal(dev.outputs.tailCommand, "aws logs tail /aws/lambda/dev-secrets-rotation --follow --region us-east-1");
    assert.match(String(dev.outputs.dashboardUrl), /dashboards\/dashboard\/dev-secrets-rotation$/);
  });

  it("tags: every resource that supports tags has them", () => {
    for (const { type, name, inputs } of dev.resources) {
      if (inputs.tags !== undefined) assert.equal(Reflect.get(Object(inputs.tags), "stack"), "dev", `${type} ${name}`);
    }
  });

  it("a configured tag that differs from a default tag only in case: replaces it, because IAM treats them as one key", async () => {
    const stack = await evaluateProgram({ config: { tags: { Project: "orders" } } });
    assert.deepEqual(stack.find("aws:iam/role:Role", "dev-secrets-rotation").inputs.tags, {
      stack: "dev",
      Project: "orders",
    });
  });

  it("children: their parent is the component", () => {
    const component = dev.find("secrets-rotation:index:RotationFunction");
    for (const type of [lambda, "aws:cloudwatch/logGroup:LogGroup", "aws:iam/role:Role"]) {
      assert.equal(dev.find(type, "dev-secrets-rotation").parent, component.urn);
    }
  });

  it("protect: with databases, secrets and the key are protected; in a stack for trials they are not", () => {
    for (const type of ["aws:kms/key:Key", "aws:secretsmanager/secret:Secret"]) {
      assert.ok(
        prod.all(type).every((resource) => resource.protect),
        type,
      );
      assert.ok(!dev.all(type).some((resource) => resource.protect), type);
    }
  });

  it("registered inputs: no path of this machine, and no password that is not a Pulumi secret", () => {
    for (const stack of [dev, prod]) {
      for (const { type, inputs, secretInputs } of stack.resources) {
        const unencrypted = Object.fromEntries(Object.entries(inputs).filter(([key]) => !secretInputs.includes(key)));
        const text = JSON.stringify(unencrypted);
        assert.ok(!text.includes(process.cwd()), type);
        assert.doesNotMatch(text, /Seed\d/, type);
      }
    }
  });

  it("provider calls: only functions that change nothing", () => {
    assert.deepEqual([...new Set(dev.calls)].sort(), [
      "aws:index/getCallerIdentity:getCallerIdentity",
      "aws:index/getPartition:getPartition",
      "aws:index/getRegion:getRegion",
      "aws:secretsmanager/getRandomPassword:getRandomPassword",
    ]);
  });

  it("another region: no input names us-east-1", async () => {
    const stack = await evaluateProgram({ config: { "aws:region": "eu-central-1" } });
    for (const { type, inputs } of stack.resources) {
      if (type !== lambda) assert.doesNotMatch(JSON.stringify(inputs), /us-east-1/, type);
    }
  });
});
