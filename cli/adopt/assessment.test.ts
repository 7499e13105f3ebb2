import assert from "node:assert/strict";
import type { SecretListEntry } from "@aws-sdk/client-secrets-manager";
import { load } from "js-yaml";
import { evaluateProgram } from "../../infra/evaluate";
import { type Assessment, assessSecrets } from "./assessment";
import { configurations, yamlOf } from "./configuration";
import type { FoundSecret, SecretLogin } from "./foundSecret";
import type { RdsServer } from "./servers";

const host = "orders.abcdefghijkl.us-east-1.rds.amazonaws.com";
const managedAdmin = arnOf("rds!db-0a1b2c3d");
const server: RdsServer = {
  ...{ id: "orders", vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"] },
  ...{ securityGroupId: "sg-0a1b2c3d", masterUsername: "master", masterSecretArn: undefined },
  ...{ readOnly: undefined, notes: [] },
};
const lambda = (name: string): string => `arn:aws:lambda:us-east-1:123456789012:function:${name}`;

function arnOf(name: string, { region = "us-east-1", account = "123456789012" } = {}): string {
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`;
}

function entryOf(Name: string, more: Partial<SecretListEntry> = {}): SecretListEntry {
  return { Name, ARN: arnOf(Name), ...more };
}

function found(login: Partial<SecretLogin> = {}, entry: Partial<SecretListEntry> = {}, name = "app"): FoundSecret {
  const given: SecretLogin = { host, port: 5432, username: "app", ssl: true, masterarn: undefined, ...login };
  return { entry: entryOf(name, entry), content: { kind: "postgres", login: given } };
}

/** The assessment of the first secret. */
function assess(secret: FoundSecret, { others = [] as SecretListEntry[], at = server } = {}): Assessment {
  const inventory = { secrets: [secret.entry, ...others], servers: new Map([[host, at]]) };
  const [assessment] = assessSecrets([secret], inventory);
  assert.ok(assessment);
  return assessment;
}

/** The configuration is valid YAML, is accepted, and evaluates. Returns its databases. */
async function databasesOf(assessments: Assessment[]): Promise<Record<string, unknown>[][]> {
  const stacks = configurations(assessments, "us-east-1");
  for (const stack of stacks) {
    const { config } = load(yamlOf(stack)) as { config: Record<string, unknown> };
    assert.deepEqual(config, JSON.parse(JSON.stringify(stack.config)));
    await evaluateProgram({ stack: "adopted", file: false, config });
  }
  return stacks.map(({ databases }) => [...databases] as unknown as Record<string, unknown>[]);
}

describe("assessSecrets: the administrator of AWS's multi-user function", () => {
  const admin = entryOf("app/admin");
  const multiUser = { RotationLambdaARN: lambda("SecretsManagerRDSPostgreSQLRotationMultiUser") };

  for (const masterarn of [arnOf("app/admin"), arnOf("app/admin").slice(0, -7), "app/admin"])
    it(`${masterarn} in the value: its ARN`, () => {
      const { verdict, database } = assess(found({ masterarn }, multiUser), { others: [admin] });
      assert.deepEqual([verdict, database?.adminSecretArn], ["ready", arnOf("app/admin")]);
    });

  const unusableAdministrators: [string, string, SecretListEntry[], RegExp][] = [
    ["in another region", arnOf("app/admin", { region: "eu-west-1" }), [], /in another region or account/],
    ["in another account", arnOf("app/admin", { account: "999999999999" }), [], /in another region or account/],
    ["that does not exist", arnOf("gone"), [], /secret:gone-AbCdEf does not exist/],
    ["that is being deleted", arnOf("app/admin"), [{ ...admin, DeletedDate: new Date() }], /scheduled for deletion/],
  ];
  for (const [what, masterarn, others, problem] of unusableAdministrators)
    it(`a secret ${what}: needs action`, () => {
      const { verdict, missing } = assess(found({ masterarn }, multiUser), { others });
      assert.equal(verdict, "needs action");
      assert.match(missing.join(), problem);
    });

  it("its key: in additionalKmsKeyArns, although the filter of adopt excludes its secret", async () => {
    const key = "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
    const assessment = assess(found({ masterarn: "app/admin" }, multiUser), { others: [{ ...admin, KmsKeyId: key }] });
    const [stack] = configurations([assessment], "us-east-1");
    assert.deepEqual(stack?.config["secrets-rotation:additionalKmsKeyArns"], [
      `arn:aws:kms:us-east-1:123456789012:key/${key}`,
    ]);
  });

  it("AWS's single-user function, although the value has a masterarn or the user ends in _clone: single-user", () => {
    const singleUser = { RotationLambdaARN: lambda("SecretsManagerRDSPostgreSQLRotationSingleUser") };
    const { verdict, database } = assess(found({ masterarn: "app/admin", username: "app_clone" }, singleUser));
    assert.deepEqual(
      [verdict, database?.strategy, database?.username, database?.adminSecretArn],
      ["ready", undefined, "app_clone", undefined],
    );
  });
});

describe("assessSecrets: the key of a secret", () => {
  it("a key of another account: needs action", () => {
    const { verdict, missing } = assess(found({}, { KmsKeyId: "arn:aws:kms:us-east-1:999999999999:key/a" }));
    assert.equal(verdict, "needs action");
    assert.match(missing.join(), /^app is encrypted with a key of another region or account/);
  });

  it("an alias: a note, unless it is AWS's own", () => {
    const notes = (KmsKeyId: string) => assess(found({}, { KmsKeyId })).notes.join();
    assert.match(
      notes("alias/mine"),
      /app is encrypted with alias\/mine: add the ARN of its key to `additionalKmsKeyArns`/,
    );
    assert.match(notes("arn:aws:kms:us-east-1:123456789012:alias/mine"), /add the ARN of its key/);
    assert.doesNotMatch(notes("alias/aws/secretsmanager"), /key/);
  });
});

describe("assessSecrets: the schedule of a secret", () => {
  const schedules: [SecretListEntry["RotationRules"], object | undefined, RegExp][] = [
    [{ AutomaticallyAfterDays: 30 }, undefined, /^$/],
    [{ AutomaticallyAfterDays: 30, Duration: "3h" }, { days: 30, duration: "3h" }, /^$/],
    [{ AutomaticallyAfterDays: 7 }, { days: 7 }, /^$/],
    [{ ScheduleExpression: "rate(10 days)", AutomaticallyAfterDays: 10 }, { rate: "rate(10 days)" }, /^$/],
    [
      { ScheduleExpression: "cron(0 2 ? * SUN *)", Duration: "3h" },
      { cron: "cron(0 2 ? * SUN *)", duration: "3h" },
      /^$/,
    ],
    [{ AutomaticallyAfterDays: 200 }, undefined, /replaced by the stack's: more than 90 days need `allowLongIntervals/],
    [{ ScheduleExpression: "rate(180 days)" }, undefined, /replaced by the stack's: more than 90 days/],
    [{ ScheduleExpression: "cron(0 2 1 1 ? *)" }, undefined, /replaced by the stack's: more than 90 days/],
    [{ ScheduleExpression: "cron(0 2 1 * ? 2027)" }, undefined, /replaced by the stack's: the year/],
  ];
  for (const [RotationRules, schedule, note] of schedules)
    it(`${JSON.stringify(RotationRules)}: ${schedule ? "kept" : "the stack's"}`, async () => {
      const assessment = assess(found({}, { RotationRules }));
      assert.deepEqual(assessment.database?.schedule, schedule);
      assert.match(assessment.notes.filter((text) => text.includes("schedule")).join(), note);
      assert.equal((await databasesOf([assessment])).length, 1);
    });
});

describe("assessSecrets: who rotates the secret", () => {
  it("the master user, whose password RDS manages: needs action", () => {
    const at = { ...server, masterSecretArn: managedAdmin };
    const { verdict, missing } = assess(found({ username: "master" }), { at });
    assert.deepEqual(
      [verdict, missing],
      ["needs action", [`RDS rotates the password of master: let clients read ${managedAdmin}`]],
    );
    assert.equal(assess(found({ username: "app" }), { at }).verdict, "ready");
    assert.equal(assess(found({ username: "master" })).verdict, "ready");
  });

  it("a login that a stack rotates by another secret: needs action, and the other secret stays adopted", () => {
    const Tags = [{ Key: "secrets-rotation:strategy", Value: "alternating-users" }];
    const secrets = [found({ username: "app_clone" }, { Tags }, "adopted"), found({ username: "app" }, {}, "again")];
    const [adopted, again] = assessSecrets(secrets, {
      ...{ secrets: secrets.map(({ entry }) => entry), servers: new Map([[host, server]]) },
    });
    assert.deepEqual([adopted?.verdict, again?.verdict], ["adopted", "needs action"]);
    assert.match(again?.missing.join() ?? "", /^adopted is also a secret of app@/);
  });

  it("a replica of a secret in another region: managed", () => {
    const { verdict, rotatedBy, missing } = assess(found({}, { PrimaryRegion: "eu-west-1" }));
    assert.deepEqual(
      [verdict, rotatedBy, missing],
      ["managed", "its primary secret in eu-west-1", ["adopt it in eu-west-1"]],
    );
    assert.equal(assess(found({}, { PrimaryRegion: "us-east-1" })).verdict, "ready");
  });

  it("a name with an exclamation mark that is not a service's: ready", () => {
    assert.equal(assess(found({}, {}, "team/app!db")).verdict, "ready");
    assert.equal(assess(found({}, {}, "rds!cluster-0a1b2c3d")).verdict, "managed");
  });

  it("a server that accepts no changes: needs action", () => {
    const { verdict, missing } = assess(found(), { at: { ...server, readOnly: "is a read replica" } });
    assert.deepEqual([verdict, missing], ["needs action", ["`host`: is a read replica"]]);
  });
});

describe("yamlOf", () => {
  const names = [
    ...["yes", "null", "~", "1_000", "0x1F", "0b11", "0o17", "1e3", ".5", "+1_0", "on", "a: b", "- a", "#x", "é ü"],
    ...[
      "'q\"",
      "2001-01-01",
      "{a}",
      "*a",
      "&a",
      "!t",
      "%d",
      "@x",
      "`b",
      "12345",
      "true",
      "=",
      "<<",
      " a",
      "a ",
      "a\\b",
    ],
    ...["\u2028", ".inf", "1:30:00", "a\ud83d\ude00"],
  ];

  it("any user name: valid YAML that the program accepts", async () => {
    const secrets = names.map((username, i) => found({ username }, {}, `app/${i}`));
    const assessments = assessSecrets(secrets, {
      secrets: secrets.map(({ entry }) => entry),
      servers: new Map([[host, server]]),
    });
    const [databases] = await databasesOf(assessments);
    assert.deepEqual(databases?.map(({ username }) => username).sort(), [...names].sort());
  });

  it("names that Pulumi's parser reads as numbers are in quotes", () => {
    for (const username of ["1_000", "0b1_1", "+1_0", "1_0.5"]) {
      const [stack] = configurations([assess(found({ username }))], "us-east-1");
      assert.ok(stack && yamlOf(stack).includes(`username: "${username}"`), username);
    }
  });
});

describe("configurations", () => {
  it("more security groups in a VPC than a stack can have: several stacks, each accepted", async () => {
    const secrets = Array.from({ length: 70 }, (_, i) => found({ host: `db-${i}.example.com` }, {}, `app/${i}`));
    const servers = new Map(
      secrets.map((_, i) => [`db-${i}.example.com`, { ...server, securityGroupId: `sg-0a1b2c${i + 10}` }]),
    );
    const stacks = await databasesOf(assessSecrets(secrets, { secrets: secrets.map(({ entry }) => entry), servers }));
    assert.deepEqual(
      stacks.map(({ length }) => length),
      [59, 11],
    );
  });

  it("more administrators in a VPC than a policy can list: several stacks, each accepted", async () => {
    const RotationLambdaARN = lambda("SecretsManagerRDSPostgreSQLRotationMultiUser");
    const secrets = Array.from({ length: 40 }, (_, i) =>
      found({ username: `app-${i}`, masterarn: `admin/${i}` }, { RotationLambdaARN }, `team-${i}/db`),
    );
    const admins = secrets.map((_, i) => entryOf(`admin/${i}`));
    const all = [...secrets.map(({ entry }) => entry), ...admins];
    const stacks = await databasesOf(assessSecrets(secrets, { secrets: all, servers: new Map([[host, server]]) }));
    assert.ok(stacks.length > 1);
    assert.equal(stacks.flat().length, 40);
  });
});
