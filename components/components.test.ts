import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type * as aws from "@pulumi/aws";
import { answerCall, answerOutputs } from "../emulators/pulumi/aws";
import { type RecordedStack, recordStack } from "../emulators/pulumi/recordedStack";
import { statementOf } from "../infra/testing/policyOf";
import { adminSecretTag, settingTags, usernameTag } from "../rotation-fn/secret/settings";
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
const existing = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";
const adminSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:admin-AbCdEf";

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
    assert.equal(stack.all("aws:cloudwatch/metricAlarm:MetricAlarm").length, 4);
    assert.equal(stack.all("aws:sns/topicSubscription:TopicSubscription").length, 0);
  });

  it("write the settings of a secret as its tags, beside one's own", async () => {
    const stack = await run(() => {
      const adminSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:admin-AbCdEf";
      new RotatedSecret("db", {
        ...made,
        strategy: "alternating-users",
        adminSecretArn,
        memberOf: ["owner", "readers"],
        tags: { team: "a" },
      });
    });
    const { inputs } = stack.find("aws:secretsmanager/secret:Secret");
    assert.deepEqual(inputs.tags, {
      team: "a",
      "secrets-rotation:strategy": "alternating-users",
      "secrets-rotation:admin-secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:admin-AbCdEf",
      "secrets-rotation:member-of": "owner readers",
      "secrets-rotation:username": "app",
      "secrets-rotation:database": "db:5432",
    });
    const value = JSON.parse(String(stack.find("aws:secretsmanager/secretVersion:SecretVersion").inputs.secretString));
    assert.deepEqual(Object.keys(value), ["engine", "host", "port", "username", "password", "dbname"]);
  });

  it("write the ARN of a secret of RDS's own as a tag takes it, and read it back", async () => {
    const adminSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-0a1b-AbCdEf";
    const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";
    const stack = await run(() => {
      new RotatedSecret("db", { ...made, adminSecretArn });
      new RotatedSecret("old", { secretArn, rotationLambdaArn, adminSecretArn, host: "db", username: "app" });
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

  it("RotatedSecret: a username that a tag cannot hold is encoded, and read back", async () => {
    const username = "o'Brien & co";
    const stack = await run(() => {
      new RotatedSecret("db", { ...made, username });
      new RotatedSecret("old", { secretArn: existing, rotationLambdaArn, username, host: "db", port: 6432 });
    });
    const { tags } = stack.find("aws:secretsmanager/secret:Secret").inputs;
    for (const tag of [
      Reflect.get(Object(tags), settingTags.username),
      stack.find("aws:secretsmanager/tag:Tag", "username").inputs.value,
    ]) {
      assert.match(String(tag), /^base64:/);
      assert.equal(usernameTag.read(String(tag)), username);
    }
  });

  it("RotatedSecret: a secret that exists gets the strategy, the user and the database as tags", async () => {
    const stack = await run(() => {
      new RotatedSecret("old", { secretArn: existing, rotationLambdaArn, username: "app", host: "db", port: 6432 });
    });
    assert.deepEqual(
      stack
        .all("aws:secretsmanager/tag:Tag")
        .map(({ name, inputs }) => [name, inputs.secretId, inputs.key, inputs.value]),
      [
        ["old-strategy", existing, "secrets-rotation:strategy", "single-user"],
        ["old-username", existing, "secrets-rotation:username", "app"],
        ["old-database", existing, "secrets-rotation:database", "db:6432"],
      ],
    );
  });

  it("RotatedSecret: copies are encrypted with the key that is given, or else with the region's own", async () => {
    const kmsKeyId = "arn:aws:kms:eu-central-1:123456789012:key/copy";
    const stack = await run(() => {
      new RotatedSecret("db", {
        ...made,
        replicaRegions: ["eu-west-2"],
        replicas: [{ region: "eu-central-1", kmsKeyId }, { region: "eu-west-3" }],
      });
    });
    assert.deepEqual(stack.find("aws:secretsmanager/secret:Secret").inputs.replicas, [
      { region: "eu-west-2", kmsKeyId: "alias/aws/secretsmanager" },
      { region: "eu-central-1", kmsKeyId },
      { region: "eu-west-3", kmsKeyId: "alias/aws/secretsmanager" },
    ]);
  });

  it("RotationFunction: several patterns of names are in its policy, and each in a permission of its own", async () => {
    const stack = await run(() => {
      const secretNamePatterns = ["orders/*", "users/db"];
      const code = archiveOf({ "index.js": "exports.handler = () => {}" });
      const fn = new RotationFunction("rotation", { ...functionArgs, code, secretNamePatterns });
      new RotatedSecret("db", { ...made, rotationLambdaArn: fn.rotationLambdaArn });
      new RotationMonitoring("alarms", {
        functionName: fn.name,
        functionArn: fn.arn,
        logGroupName: fn.logGroupName,
        kmsKeyArn: "key",
        secretNamePatterns,
      });
    });
    const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:";
    const arns = [`${arn}orders/*`, `${arn}users/db-??????`];
    const policy = stack.find("aws:iam/policy:Policy", "secrets");
    assert.deepEqual(statementOf(policy, "RotateTheSecretsOfThisFunction").Resource, arns);
    assert.deepEqual(statementOf(policy, "UseTheKeysThroughSecretsManager").Condition?.StringLike, {
      "kms:EncryptionContext:SecretARN": arns,
    });
    const permissions = stack
      .all("aws:lambda/permission:Permission")
      .filter(({ inputs }) => inputs.principal === "secretsmanager.amazonaws.com");
    assert.deepEqual(
      permissions.map(({ name, inputs }) => [name, inputs.sourceArn]),
      [
        ["rotation", arns[0]],
        ["rotation-users/db", arns[1]],
      ],
    );
    const { dependencies } = stack.find("aws:secretsmanager/secretRotation:SecretRotation");
    for (const { urn } of permissions) assert.ok(dependencies.includes(urn), urn);
    const { eventPattern } = stack.find("aws:cloudwatch/eventRule:EventRule", "failures").inputs;
    assert.deepEqual(JSON.parse(String(eventPattern)).detail.additionalEventData.SecretId, [
      { prefix: `${arn}orders/` },
      { prefix: `${arn}users/db-` },
    ]);
  });

  it("RotationFunction: the administrators' database is in the environment unless it is postgres", async () => {
    const variablesOf = async (adminDatabase?: string) => {
      const stack = await run(() => {
        const code = archiveOf({ "index.js": "exports.handler = () => {}" });
        new RotationFunction("f", { ...functionArgs, code, ...(adminDatabase === undefined ? {} : { adminDatabase }) });
      });
      const { environment } = stack.find("aws:lambda/function:Function").inputs;
      return Reflect.get(Object(Reflect.get(Object(environment), "variables")), "ADMIN_DATABASE");
    };
    assert.equal(await variablesOf("admin"), "admin");
    assert.equal(await variablesOf("postgres"), undefined);
    assert.equal(await variablesOf(), undefined);
  });

  it("transform: what no argument covers is changed on the inner resource, and nothing else is", async () => {
    const code = archiveOf({ "index.js": "exports.handler = () => {}" });
    const program = (on: boolean) => () => {
      const fn = new RotationFunction("rotation", { ...functionArgs, code }, on ? { transform: { lambda } } : {});
      new RotatedSecret(
        "db",
        { ...made, rotationLambdaArn: fn.rotationLambdaArn },
        on ? { transform: { secret } } : {},
      );
      new RotationMonitoring(
        "alarms",
        { functionName: fn.name, functionArn: fn.arn, logGroupName: fn.logGroupName, kmsKeyArn: "key" },
        on ? { transform: { alarm } } : {},
      );
    };
    const lambda = (args: aws.lambda.FunctionArgs) => ({ ...args, layers: ["layer"] });
    const secret = (args: aws.secretsmanager.SecretArgs) => ({ ...args, description: "Orders" });
    const alarm = (args: aws.cloudwatch.MetricAlarmArgs) =>
      args.metricName === "Duration" ? { ...args, threshold: 1_000 } : args;
    const [plain, changed] = [await run(program(false)), await run(program(true))];
    const differences = changed.resources.flatMap(({ urn, name, inputs }) => {
      const before = plain.resources.find((one) => one.urn === urn)?.inputs ?? {};
      const keys = Object.keys(inputs).filter((key) => key !== "code" && !isDeepStrictEqual(inputs[key], before[key]));
      return keys.filter((key) => key !== "secretString").map((key) => [name, key, inputs[key]]);
    });
    assert.deepEqual(differences.sort(), [
      ["alarms-duration", "threshold", 1_000],
      ["db", "description", "Orders"],
      ["rotation", "layers", ["layer"]],
    ]);
    assert.deepEqual(changed.resources.map(({ urn }) => urn).sort(), plain.resources.map(({ urn }) => urn).sort());
  });

  const wrong: [string, () => unknown, RegExp][] = [
    [
      "a secret without a password",
      () => new RotatedSecret("db", withoutPassword),
      /RotatedSecret db:\n {2}- `password` is missing: set it, or `adminSecretArn`/,
    ],
    [
      "a secret without a name and all that goes with it, all in one message",
      () => new RotatedSecret("db", { rotationLambdaArn, rotationRules: {} }),
      /`rotationRules`: set either.*\n.*`name` is.*\n.*`kmsKeyId` is.*\n.*`host` is.*\n.*`username` is.*\n.*`password` is/,
    ],
    [
      "a secret that exists, with an administrator and no word on whom it may change and where",
      () => new RotatedSecret("db", { secretArn: existing, rotationLambdaArn, adminSecretArn }),
      /`host` is missing: with `adminSecretArn`.*\n.*`username` is missing: with `adminSecretArn`/,
    ],
    [
      "a secret that exists, with a host and no user",
      () => new RotatedSecret("db", { secretArn: existing, rotationLambdaArn, host: "db" }),
      /`username` is missing: set both `host` and `username`, or neither/,
    ],
    [
      "a value for a secret that exists",
      () => new RotatedSecret("db", { secretArn: existing, rotationLambdaArn, password: "x", dbname: "y" }),
      /`dbname` is for a secret that is created.*\n.*`password` is for/,
    ],
    [
      "alternating users without an administrator, or by the clone's name",
      () => new RotatedSecret("db", { ...made, username: "app_clone", strategy: "alternating-users" }),
      /`adminSecretArn` is missing: alternating users.*\n.*`username` ends in `_clone`/,
    ],
    [
      "two copies in one region",
      () => new RotatedSecret("db", { ...made, replicaRegions: ["eu-west-2"], replicas: [{ region: "eu-west-2" }] }),
      /`replicas`: set each region once/,
    ],
    [
      "a role's name that would be taken for two",
      () => new RotatedSecret("db", { ...made, memberOf: ["app owner"] }),
      /`memberOf`: "app owner" is no role name that a tag can hold/,
    ],
    [
      "a function for no secret",
      () => new RotationFunction("f", { ...functionArgs, secretNamePatterns: [] }),
      /`secretNamePatterns`: set at least one pattern/,
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
