import assert from "node:assert/strict";
import { answerCall, answerOutputs } from "../emulators/pulumi/aws";
import { type RecordedStack, recordStack } from "../emulators/pulumi/recordedStack";
import { adminSecretTag, settingTags } from "../rotation-fn/secret/settings";
import { archiveOf, NetworkPath, RotatedSecret, RotationFunction, RotationMonitoring } from ".";

const rotationLambdaArn = "arn:aws:lambda:eu-west-1:123456789012:function:rotate";
const made = { name: "app/db", kmsKeyId: "key", host: "db", username: "app", password: "first", rotationLambdaArn };
const functionArgs = {
  name: "rotate",
  vpcId: "vpc-1",
  subnetIds: ["subnet-1", "subnet-2"],
  endpointSecurityGroupId: "sg-endpoint",
  kmsKeyArn: "key",
};
const { password: _, ...withoutPassword } = made;

describe("the components in a program of somebody else's", () => {
  it("rotate one secret with a function, in the order that it takes", async () => {
    const stack = await run(() => {
      const fn = new RotationFunction("rotation", {
        ...functionArgs,
        code: archiveOf({ "index.js": "exports.handler = () => {}" }),
      });
      new RotatedSecret("db", { ...made, rotationLambdaArn: fn.rotationLambdaArn });
    });
    const { dependencies } = stack.find("aws:secretsmanager/secretRotation:SecretRotation");
    for (const type of [
      "aws:lambda/permission:Permission",
      "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
      "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
      "aws:secretsmanager/secretVersion:SecretVersion",
    ]) {
      for (const { urn } of stack.all(type)) assert.ok(dependencies.includes(urn), urn);
    }
    assert.equal(
      stack.find("aws:lambda/permission:Permission").inputs.sourceArn,
      "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*",
    );
  });

  it("register what they give out", async () => {
    const stack = await run(() => {
      new RotationMonitoring("alarms", {
        functionName: "rotate",
        functionArn: rotationLambdaArn,
        logGroupName: "/aws/lambda/rotate",
        kmsKeyArn: "key",
      });
      new NetworkPath("path", {
        fromSecurityGroupId: "sg-1",
        toSecurityGroupId: "sg-2",
        port: 5432,
        description: "way",
      });
    });
    assert.equal(stack.all("aws:cloudwatch/metricAlarm:MetricAlarm").length, 5);
    assert.equal(stack.all("aws:sns/topicSubscription:TopicSubscription").length, 0);
  });

  it("write the settings of a secret as its tags, beside one's own", async () => {
    const stack = await run(() => {
      const adminSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:admin-AbCdEf";
      new RotatedSecret("db", {
        ...made,
        strategy: "alternating-users",
        adminSecretArn,
        memberOf: "owner",
        tags: { team: "a" },
      });
    });
    const { inputs } = stack.find("aws:secretsmanager/secret:Secret");
    assert.deepEqual(inputs.tags, {
      team: "a",
      "secrets-rotation:strategy": "alternating-users",
      "secrets-rotation:admin-secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:admin-AbCdEf",
      "secrets-rotation:member-of": "owner",
    });
  });

  it("write the ARN of a secret of RDS's own as a tag takes it, and read it back", async () => {
    const adminSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-0a1b-AbCdEf";
    const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";
    const stack = await run(() => {
      new RotatedSecret("db", { ...made, adminSecretArn });
      new RotatedSecret("old", { secretArn, rotationLambdaArn, adminSecretArn });
    });
    const { tags } = stack.find("aws:secretsmanager/secret:Secret").inputs;
    for (const tag of [
      Reflect.get(Object(tags), settingTags.adminSecretArn),
      stack.find("aws:secretsmanager/tag:Tag", "admin-secret").inputs.value,
    ]) {
      assert.match(String(tag), /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u);
      assert.equal(adminSecretTag.read(String(tag)), adminSecretArn);
    }
  });

  it("let Secrets Manager make the first password where an administrator can set it", async () => {
    const stack = await run(() => {
      new RotatedSecret("db", {
        ...withoutPassword,
        adminSecretArn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:admin-AbCdEf",
      });
    });
    const { inputs } = stack.find("aws:secretsmanager/secretVersion:SecretVersion");
    assert.match(String(JSON.parse(String(inputs.secretString)).password), /^.{32}$/);
  });

  const wrong: [string, () => unknown, RegExp][] = [
    [
      "a secret without a password",
      () => new RotatedSecret("db", withoutPassword),
      /needs `password`, or `adminSecretArn`/,
    ],
    [
      "a secret without a name",
      () => new RotatedSecret("db", { rotationLambdaArn }),
      /needs `name`, `kmsKeyId`, `host` and `username`/,
    ],
    [
      "a schedule that is none",
      () => new RotatedSecret("db", { ...made, rotationRules: {} }),
      /`rotationRules` of db: set either/,
    ],
    [
      "certificates beside an archive that has its own",
      () => new RotationFunction("f", { ...functionArgs, code: archiveOf({}), databaseCa: "pem" }),
      /`databaseCa` is for the default `code`/,
    ],
    [
      "a way to nowhere",
      () => new NetworkPath("p", { fromSecurityGroupId: "sg-1", port: 1, description: "way" }),
      /`toSecurityGroupId` or `cidrIpv4`/,
    ],
  ];
  for (const [what, make, message] of wrong) {
    it(`refuse ${what}`, () => assert.rejects(run(make), message));
  }
});

function run(program: () => unknown): Promise<RecordedStack> {
  const region = "eu-west-1";
  return recordStack(
    () => {
      program();
      return {};
    },
    {
      project: "somebody-elses",
      stack: "test",
      config: {},
      outputsOf: (resource) => answerOutputs(resource, region),
      call: (token, inputs) => answerCall(token, inputs, region),
    },
  );
}
