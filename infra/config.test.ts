import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "./config";
import { asPulumiGivesIt, evaluateProgram, stackConfig } from "./testing/evaluateProgram";

const network = { vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"] };
const adminSecretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf";
const database = {
  secretName: "app/db",
  host: "db.example.com",
  username: "app",
  securityGroupId: "sg-0a1b2c3d",
  adminSecretArn,
};
const days = "set a whole number from 1 to 1000";

/** A change to a good configuration, and the lines that it gets. */
const bad: [string, Record<string, unknown>, string[]][] = [
  ["an unknown key", { netwrok: {} }, ["unknown key `netwrok`; did you mean `network`?"]],
  ["an unknown key that is near nothing", { zzzzzzzzzz: 1 }, ["unknown key `zzzzzzzzzz`"]],
  ["an unknown key of a database", db({ hots: "x" }), ["`databases[0]`: unknown key `hots`; did you mean `host`?"]],
  [
    "an unknown key of the function",
    { function: { timeuot: 3 } },
    ["`function`: unknown key `timeuot`; did you mean `timeout`?"],
  ],
  [
    "an unknown key of a schedule",
    { schedule: { days: 30, durration: "1h" } },
    ["`schedule`: unknown key `durration`; did you mean `duration`?"],
  ],
  ["no databases for a network", { databases: undefined }, ["`databases`: is missing: set the databases of `network`"]],
  ["no network for databases", { network: undefined }, ["`network`: is missing: set the VPC of the databases"]],
  ["an empty list of databases", { databases: [] }, ["`databases`: set at least one database"]],
  ["databases that are no list", { databases: "db.example.com" }, ["`databases`: set a list"]],
  ["a network that is a text", { network: "vpc-0a1b2c3d" }, ["`network`: set an object with keys"]],
  [
    "a VPC that is none",
    { network: { ...network, vpcId: "my-vpc" } },
    ["`network.vpcId`: set an id such as vpc-0a1b2c3d4e5f60718"],
  ],
  ["no VPC", { network: { subnetIds: network.subnetIds } }, ["`network.vpcId`: is missing"]],
  [
    "no subnets",
    { network: { ...network, subnetIds: [] } },
    ["`network.subnetIds`: set two subnets in different zones"],
  ],
  [
    "a subnet that is none",
    { network: { ...network, subnetIds: ["subnet-0a1b2c3d", "10.0.0.0/24"] } },
    ["`network.subnetIds[1]`: set an id such as subnet-0a1b2c3d4e5f60718"],
  ],
  [
    "a subnet twice",
    { network: { ...network, subnetIds: ["subnet-0a1b2c3d", "subnet-0a1b2c3d"] } },
    ["`network.subnetIds`: one subnet stands there twice"],
  ],
  [
    "an endpoint's group that is none",
    { network: { ...network, endpointSecurityGroupId: "vpce-0a1b2c3d" } },
    ["`network.endpointSecurityGroupId`: set an id such as sg-0a1b2c3d4e5f60718"],
  ],
  [
    "a database without a secret",
    db({ secretName: undefined }),
    ["`databases[0].secretName`: set either `secretName` or `secretArn`"],
  ],
  [
    "a database with two secrets",
    db({ secretArn: `${adminSecretArn}2` }),
    ["`databases[0].secretName`: set either `secretName` or `secretArn`"],
  ],
  [
    "a secret's name with a blank",
    db({ secretName: "app db" }),
    ["`databases[0].secretName`: set 1 to 512 letters, digits and /_+=.@!-"],
  ],
  [
    "a secret's ARN of another service",
    db({ secretName: undefined, secretArn: "arn:aws:iam::123456789012:role/x" }),
    ["`databases[0].secretArn`: set an ARN such as arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf"],
  ],
  ["no host", db({ host: undefined }), ["`databases[0].host`: is missing"]],
  [
    "a host with a protocol",
    db({ host: "postgres://db" }),
    ["`databases[0].host`: set a host name without protocol and port"],
  ],
  [
    "a host with a port",
    db({ host: "db.example.com:5432" }),
    ["`databases[0].host`: set a host name without protocol and port"],
  ],
  ["no user", db({ username: undefined }), ["`databases[0].username`: is missing"]],
  [
    "a user's name that PostgreSQL would cut",
    db({ username: "u".repeat(64) }),
    ["`databases[0].username`: set at most 63 characters"],
  ],
  ["port 0", db({ port: 0 }), ["`databases[0].port`: set 1 to 65535"]],
  ["a port above all", db({ port: 70000 }), ["`databases[0].port`: set 1 to 65535"]],
  ["a port that is a text", db({ port: "5432" }), ["`databases[0].port`: set a whole number from 1 to 65535"]],
  [
    "a strategy that is none",
    db({ strategy: "alternating" }),
    ["`databases[0].strategy`: set single-user or alternating-users"],
  ],
  [
    "alternating users without an administrator",
    { ...db({ strategy: "alternating-users", adminSecretArn: undefined }), passwords: { "app/db": "x" } },
    ["`databases[0].adminSecretArn`: alternating users need an administrator: set its secret's ARN"],
  ],
  [
    "a secret that administers itself",
    db({ secretName: undefined, secretArn: adminSecretArn }),
    ["`databases[0].adminSecretArn`: a secret can't be its own administrator"],
  ],
  [
    "a database that nothing leads to",
    db({ securityGroupId: undefined }),
    ["`databases[0].securityGroupId`: set either `securityGroupId` or `cidr`"],
  ],
  [
    "the whole internet",
    db({ securityGroupId: undefined, cidr: "0.0.0.0/0" }),
    ["`databases[0].cidr`: the whole internet is no database: set its addresses"],
  ],
  [
    "addresses that are none",
    db({ securityGroupId: undefined, cidr: "10.0.0.0" }),
    ["`databases[0].cidr`: set addresses such as 10.1.2.0/24"],
  ],
  [
    "two databases with one secret",
    { databases: [database, database] },
    ["`databases[1]`: `app/db` is the secret of databases[0] already"],
  ],
  [
    "no first password and no administrator",
    db({ adminSecretArn: undefined }),
    [
      "`databases[0]`: set its password with `pulumi config set --secret --path 'passwords[\"app/db\"]'`, or an `adminSecretArn`",
    ],
  ],
  [
    "a password for no secret",
    { passwords: { "app/dbb": "x" } },
    ["`passwords.app/dbb`: no database has such a secret"],
  ],
  [
    "a copy in no region",
    db({ replicaRegions: ["Ireland"] }),
    ["`databases[0].replicaRegions[0]`: set a region such as eu-west-1"],
  ],
  [
    "copies of somebody else's secret",
    db({ secretName: undefined, secretArn: `${adminSecretArn}2`, replicaRegions: ["eu-west-1"] }),
    ["`databases[0].replicaRegions`: belongs to a secret that is made: leave it out"],
  ],
  ["no schedule in a schedule", { schedule: {} }, ["`schedule`: set one of `days`, `rate` and `cron`"]],
  [
    "two schedules in one",
    { schedule: { days: 30, rate: "rate(30 days)" } },
    ["`schedule`: set one of `days`, `rate` and `cron`"],
  ],
  ["no days at all", { schedule: { days: 0 } }, ["`schedule.days`: set 1 to 1000"]],
  ["half a day", { schedule: { days: 1.5 } }, [`\`schedule.days\`: ${days}`]],
  [
    "a rate below four hours",
    { schedule: { rate: "rate(3 hours)" } },
    ["`schedule`: a rotation at most every 4 hours: `rate(4 hours)` or longer"],
  ],
  [
    "a rate in minutes",
    { schedule: { rate: "rate(300 minutes)" } },
    ["`schedule`: write `rate(10 days)` or `cron(0 2 1 * ? *)`"],
  ],
  ["a cron for a rate", { schedule: { rate: "cron(0 2 1 * ? *)" } }, ["`schedule`: `rate` is written rate(10 days)"]],
  [
    "a cron with minutes",
    { schedule: { cron: "cron(30 2 1 * ? *)" } },
    ["`schedule`: the minutes of a `cron` must be 0: a window opens on the hour"],
  ],
  [
    "a cron with a year",
    { schedule: { cron: "cron(0 2 1 * ? 2030)" } },
    ["`schedule`: the year of a `cron` must be *"],
  ],
  [
    "a cron with five fields",
    { schedule: { cron: "cron(0 2 * * *)" } },
    ["`schedule`: write `rate(10 days)` or `cron(0 2 1 * ? *)`"],
  ],
  [
    "a cron with both days",
    { schedule: { cron: "cron(0 2 1 * MON *)" } },
    ["`schedule`: exactly one of a `cron`'s day of month and day of week must be ?"],
  ],
  [
    "a cron every two hours",
    { schedule: { cron: "cron(0 */2 * * ? *)" } },
    ["`schedule`: a rotation at most every 4 hours: `*/2` is every 2"],
  ],
  [
    "a window longer than the schedule",
    { schedule: { rate: "rate(6 hours)", duration: "8h" } },
    ["`schedule`: a window of 8h is longer than the 6 hours between two rotations"],
  ],
  ["a window that is none", { schedule: { days: 30, duration: "30m" } }, ["`schedule`: `duration` must be 1h to 24h"]],
  [
    "too long between rotations",
    { schedule: { days: 120 } },
    ["`schedule`: 120 days between two rotations are more than 90: set less, or `allowLongIntervals: true`"],
  ],
  [
    "a yearly cron",
    { schedule: { cron: "cron(0 2 1 1 ? *)" } },
    ["`schedule`: 372 days between two rotations are more than 90: set less, or `allowLongIntervals: true`"],
  ],
  [
    "too long for one database",
    db({ schedule: { rate: "rate(100 days)" } }),
    [
      "`databases[0].schedule`: 100 days between two rotations are more than 90: set less, or `allowLongIntervals: true`",
    ],
  ],
  [
    "a recovery window that AWS has not",
    { recoveryWindowInDays: 3 },
    ["`recoveryWindowInDays`: set 7 to 30, or 0 for none"],
  ],
  [
    "a key that goes before its secrets",
    { recoveryWindowInDays: 30, keyDeletionWindowInDays: 7 },
    ["`keyDeletionWindowInDays`: is shorter than `recoveryWindowInDays`: a restored secret would be without its key"],
  ],
  [
    "a key that is an alias",
    { kmsKeyArn: "alias/mine" },
    ["`kmsKeyArn`: set an ARN such as arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…"],
  ],
  ["a CA that is none", { databaseCa: "ca.pem" }, ["`databaseCa`: set certificates in PEM form"]],
  ["a time limit above Lambda's", { function: { timeout: 901 } }, ["`function.timeout`: set 30 to 900 seconds"]],
  [
    "a runtime of the past",
    { function: { runtime: "nodejs18.x" } },
    ["`function.runtime`: set nodejs20.x or nodejs22.x or nodejs24.x"],
  ],
  [
    "a retention that CloudWatch has not",
    { function: { logRetentionInDays: 100 } },
    ["`function.logRetentionInDays`: set a length that CloudWatch Logs has: 30, 90, 365, 731, …"],
  ],
  ["a short password", { password: { length: 8 } }, ["`password.length`: set 16 to 512"]],
  ["a mail address that is none", { alarms: { emails: ["ops"] } }, ["`alarms.emails[0]`: set a mail address"]],
  [
    "a webhook without TLS",
    { alarms: { webhooks: ["http://example.com"] } },
    ["`alarms.webhooks[0]`: set an https:// URL"],
  ],
  ["a flag that is a text", { protect: "yes" }, ["`protect`: set true or false"]],
  ["a tag that is a number", { tags: { costCentre: 4711 } }, ["`tags.costCentre`: set a text"]],
  [
    "several at once",
    { ...db({ port: 0, host: undefined }), protect: 1 },
    ["`databases[0].port`: set 1 to 65535", "`databases[0].host`: is missing", "`protect`: set true or false"],
  ],
];

describe("configuration", () => {
  for (const [what, change, lines] of bad) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(problems({ network, databases: [database], ...change }), lines);
    });
  }

  it("is read whole before the first resource", async () => {
    await assert.rejects(evaluateProgram({ config: { protekt: true } }), (error) => pulumi.RunError.isInstance(error));
  });

  for (const stack of ["dev", "prod"]) {
    it(`of ${stack} is good as it is shipped`, async () => {
      assert.deepEqual(problems(stackConfig(stack)), []);
      assert.ok((await evaluateProgram({ stack })).resources.length > 30);
    });
  }

  it("allows long intervals where that is said", () => {
    assert.deepEqual(
      problems({ network, databases: [database], schedule: { days: 365 }, allowLongIntervals: true }),
      [],
    );
  });
});

function db(change: object): Record<string, unknown> {
  return { databases: [{ ...database, ...change }] };
}

/** The lines that a configuration gets. */
function problems(config: Record<string, unknown>): string[] {
  pulumi.runtime.setMockOptions(undefined, "secrets-rotation", "test");
  const all = Object.entries(config).map(([key, value]) => [
    key.includes(":") ? key : `secrets-rotation:${key}`,
    value,
  ]);
  try {
    readConfig(asPulumiGivesIt(Object.fromEntries(all)));
    return [];
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error));
    const [first, ...lines] = error.message.split("\n");
    assert.equal(first, "Pulumi.test.yaml can't be deployed:");
    return lines.map((line) => line.replace("  - ", ""));
  }
}
