import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type * as aws from "@pulumi/aws";
import { answerCall, answerOutputs } from "../emulators/pulumi/aws";
import { type RecordedStack, recordStack } from "../emulators/pulumi/recordedStack";
import { badConfigurations } from "../infra/testing/badConfigurations";
import { badValues } from "../infra/testing/badValues";
import { statementOf } from "../infra/testing/policyOf";
import { adminSecretTag, settingTags, usernameTag } from "../rotation-fn/secret/settings";
import { archiveOf, NetworkPath, RotatedSecret, RotationFunction, RotationMonitoring } from ".";
import type { RotatedSecretArgs } from "./rotatedSecretArgs";
import { rotatedSecretProblems } from "./rotatedSecretProblems";

/** Keys that a database of the stack's configuration and a `RotatedSecret` have in common. */
const sameInBoth = ["secretName", "secretArn", "host", "dbname", "username", "adminSecretArn"];

const rotationLambdaArn = "arn:aws:lambda:eu-west-1:123456789012:function:rotate";
const secretArgs = {
  name: "app/db",
  kmsKeyId: "key",
  host: "db",
  username: "app",
  password: "first",
  rotationLambdaArn,
};
const functionArgs = {
  name: "rotate",
  vpcId: "vpc-1",
  subnetIds: ["subnet-1", "subnet-2"],
  endpointSecurityGroupId: "sg-endpoint",
  kmsKeyArn: "key",
};
const { password: _, ...withoutPassword } = secretArgs;
const existing = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";
const adminSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:admin-AbCdEf";

describe("components in another program", () => {
  it("RotatedSecret: its rotation depends on the permissions, the policies, the rules and the first value", async () => {
    const stack = await run(() => {
      const fn = new RotationFunction("rotation", {
        ...functionArgs,
        code: archiveOf({ "index.js": "exports.handler = () => {}" }),
      });
      new RotatedSecret("db", { ...secretArgs, rotationLambdaArn: fn.rotationLambdaArn });
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

  it("RotationMonitoring without recipients: four alarms and no subscription", async () => {
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
        description: "path",
      });
    });
    assert.equal(stack.all("aws:cloudwatch/metricAlarm:MetricAlarm").length, 4);
    assert.equal(stack.all("aws:sns/topicSubscription:TopicSubscription").length, 0);
  });

  it("RotatedSecret: the settings of a created secret are its tags, in addition to `tags`", async () => {
    const stack = await run(() => {
      const adminSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:admin-AbCdEf";
      new RotatedSecret("db", {
        ...secretArgs,
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

  it("RotatedSecret: the ARN of an RDS-managed secret is encoded for a tag, and read back", async () => {
    const adminSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-0a1b-AbCdEf";
    const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";
    const stack = await run(() => {
      new RotatedSecret("db", { ...secretArgs, username: "other", adminSecretArn });
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

  it("RotatedSecret with an administrator and without a password: Secrets Manager generates the first password", async () => {
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
      new RotatedSecret("db", { ...secretArgs, username });
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

  it("RotatedSecret: an existing secret gets the strategy, the user and the database as tags", async () => {
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

  it("RotatedSecret: a replica is encrypted with its key, or with the AWS managed key of its region", async () => {
    const kmsKeyId = "arn:aws:kms:eu-central-1:123456789012:key/copy";
    const stack = await run(() => {
      new RotatedSecret("db", {
        ...secretArgs,
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

  it("RotationFunction: several name patterns are in one policy statement, and each has its own permission", async () => {
    const stack = await run(() => {
      const secretNamePatterns = ["orders/*", "users/db"];
      const code = archiveOf({ "index.js": "exports.handler = () => {}" });
      const fn = new RotationFunction("rotation", { ...functionArgs, code, secretNamePatterns });
      new RotatedSecret("db", { ...secretArgs, rotationLambdaArn: fn.rotationLambdaArn });
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

  it("RotationFunction: ADMIN_DATABASE is set unless the administrators' database is postgres", async () => {
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

  it("transform: the given inner resource is changed, and nothing else", async () => {
    const code = archiveOf({ "index.js": "exports.handler = () => {}" });
    const program = (withTransform: boolean) => () => {
      const fn = new RotationFunction(
        "rotation",
        { ...functionArgs, code },
        withTransform ? { transform: { lambda } } : {},
      );
      new RotatedSecret(
        "db",
        { ...secretArgs, rotationLambdaArn: fn.rotationLambdaArn },
        withTransform ? { transform: { secret } } : {},
      );
      new RotationMonitoring(
        "alarms",
        { functionName: fn.name, functionArn: fn.arn, logGroupName: fn.logGroupName, kmsKeyArn: "key" },
        withTransform ? { transform: { alarm } } : {},
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
      "an existing topic with recipients",
      () =>
        new RotationMonitoring("alarms", {
          ...{ functionName: "f", functionArn: "f", logGroupName: "f", kmsKeyArn: "key" },
          ...{ topicArn: "arn:aws:sns:us-east-1:123456789012:on-call", emails: ["a@example.com"] },
        }),
      /`topicArn` excludes `emails` and `webhooks`/,
    ],
    [
      "a secret without a password",
      () => new RotatedSecret("db", withoutPassword),
      /RotatedSecret db:\n {2}- `password`: is missing: set it, or set `adminSecretArn`/,
    ],
    [
      "a created secret without its arguments, and list every problem",
      () => new RotatedSecret("db", { rotationLambdaArn, rotationRules: {} }),
      /`rotationRules`: set either.*\n.*`name`: set.*\n.*`host`: is.*\n.*`username`: is.*\n.*`kmsKeyId`: is.*\n.*`password`: is/,
    ],
    [
      "an existing secret with an administrator and without host and user",
      () => new RotatedSecret("db", { secretArn: existing, rotationLambdaArn, adminSecretArn }),
      /`host`: is missing: with `adminSecretArn`.*\n.*`username`: is missing: with `adminSecretArn`/,
    ],
    [
      "an existing secret with a host and without a user",
      () => new RotatedSecret("db", { secretArn: existing, rotationLambdaArn, host: "db" }),
      /`username`: is missing: set both `host` and `username`, or neither/,
    ],
    [
      "a value for an existing secret",
      () => new RotatedSecret("db", { secretArn: existing, rotationLambdaArn, password: "x", dbname: "y" }),
      /`dbname`: applies only to a secret that is created.*\n.*`password`: applies only/,
    ],
    [
      "alternating-users without an administrator, or with the name of the clone",
      () => new RotatedSecret("db", { ...secretArgs, username: "app_clone", strategy: "alternating-users" }),
      /`adminSecretArn`: is missing: `alternating-users`.*\n.*`username`: ends in `_clone`/,
    ],
    [
      "two replicas in one region",
      () =>
        new RotatedSecret("db", { ...secretArgs, replicaRegions: ["eu-west-2"], replicas: [{ region: "eu-west-2" }] }),
      /`replicas`: set each region once/,
    ],
    [
      "a role name with a space, which a tag would split",
      () => new RotatedSecret("db", { ...secretArgs, memberOf: ["app owner"] }),
      /`memberOf`: "app owner": set a role name of letters/,
    ],
    [
      "a function without a name pattern",
      () => new RotationFunction("f", { ...functionArgs, secretNamePatterns: [] }),
      /`secretNamePatterns`: set at least one pattern/,
    ],
    [
      "certificates in addition to an archive",
      () => new RotationFunction("f", { ...functionArgs, code: archiveOf({}), databaseCa: "pem" }),
      /`databaseCa` applies only to the default `code`/,
    ],
    [
      "a runtime that Lambda has deprecated",
      () => new RotationFunction("f", { ...functionArgs, runtime: "nodejs20.x" }),
      /`runtime`: Lambda deprecated nodejs20\.x on 2026-04-30: set nodejs24\.x/,
    ],
    [
      "rules for passwords that Secrets Manager cannot meet",
      () => new RotationFunction("f", { ...functionArgs, environment: { EXCLUDE_CHARACTERS: "0123456789" } }),
      /`environment`: `EXCLUDE_CHARACTERS` excludes all digits, and each type must occur: set `EXCLUDE_NUMBERS` to true/,
    ],
    [
      "an environment that the function would refuse",
      () => new RotationFunction("f", { ...functionArgs, environment: { PASSWORD_LENGTH: "8" } }),
      /`environment`: PASSWORD_LENGTH must be a whole number, 16 to 512/,
    ],
    [
      "a function name that leaves no space for the names of its rules",
      () => new RotationFunction("f", { ...functionArgs, name: "f".repeat(56) }),
      /`name`: set 1 to 55 letters/,
    ],
    [
      "more administrators than a policy can list",
      () =>
        new RotationFunction("f", {
          ...functionArgs,
          code: archiveOf({ "index.js": "exports.handler = () => {}" }),
          adminSecretArns: Array.from({ length: 60 }, (_, i) => adminSecretArn.replace("admin", `admin-${i}`)),
        }),
      /the IAM policy f-secrets has \d+ characters, and AWS accepts 6144: set fewer `adminSecretArns`/,
    ],
    [
      "more tags than a secret can have",
      () =>
        new RotatedSecret("db", {
          ...secretArgs,
          tags: Object.fromEntries(Array.from({ length: 48 }, (_, i) => [`t${i}`, "x"])),
        }),
      /`tags`: 48 tags and the 3 of the settings are more than 50: remove some/,
    ],
    [
      "two secrets for one login",
      () => {
        new RotatedSecret("db", secretArgs);
        new RotatedSecret("again", { ...secretArgs, name: "app/again" });
      },
      /RotatedSecret again:\n {2}- `username`: `\S+:5432` is already rotated by db/,
    ],
    [
      "an IPv6 range",
      () => new NetworkPath("p", { fromSecurityGroupId: "sg-1", cidrIpv4: "::/0", port: 1, description: "path" }),
      /NetworkPath p: `cidrIpv4` is an IPv6 range/,
    ],
    [
      "a path without a destination",
      () => new NetworkPath("p", { fromSecurityGroupId: "sg-1", port: 1, description: "path" }),
      /`toSecurityGroupId` or `cidrIpv4`/,
    ],
  ];
  for (const [what, make, message] of wrong) {
    it(`reject ${what}`, () => assert.rejects(run(make), message));
  }

  describe("rotatedSecretProblems: rejects what the stack's configuration rejects, with the same message", () => {
    for (const [what, change, lines] of [...badValues, ...badConfigurations]) {
      const [one, ...more] = [change.databases].flat() as (RotatedSecretArgs & { secretName?: string })[];
      const expected = lines.map((line) => /^`databases\[0\]\.(\w+)`: (.*)$/.exec(line) ?? []);
      const checked = expected.every(([, key = ""]) => sameInBoth.includes(key));
      if (one === undefined || more.length > 0 || !checked || what.endsWith("than the stack's")) continue;
      it(what, () => {
        const { secretName: name, ...rest } = one;
        const created = { kmsKeyId: "key", password: "x" };
        const given = { ...rest, ...(name && { name }), ...(one.secretArn ? {} : created), rotationLambdaArn: "fn" };
        const problems = rotatedSecretProblems(given as RotatedSecretArgs);
        for (const [, key = "", message = ""] of expected) {
          const own = `\`${key}\`: ${message}`;
          assert.ok(
            problems.includes(own.replaceAll("`secretName`", "`name`").replaceAll("the stack creates", "is created")),
            `${own} in ${problems.join("\n")}`,
          );
        }
      });
    }
  });
});

function run(program: () => unknown): Promise<RecordedStack> {
  const region = "eu-west-1";
  return recordStack(
    () => {
      program();
      return {};
    },
    {
      project: "another-program",
      stack: "test",
      config: {},
      outputsOf: (resource) => answerOutputs(resource, region),
      call: (token, inputs) => answerCall(token, inputs, region),
    },
  );
}
