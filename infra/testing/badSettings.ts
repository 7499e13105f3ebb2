import { db } from "./badDatabases";

const days = "set a whole number from 1 to 1000";

/** What is wrong with all the rest: a change to the good configuration, and the lines that it gets. */
export const badSettings: [string, Record<string, unknown>, string[]][] = [
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
    "a window that goes on into the next day",
    { schedule: { cron: "cron(0 23 ? * SUN *)", duration: "4h" } },
    ["`schedule`: a window of 4h from 23:00 goes on into the next day (UTC)"],
  ],
  [
    "an alias's ARN as key",
    { kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:alias/mine" },
    ["`kmsKeyArn`: set an ARN such as arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…"],
  ],
  [
    "a tag that IAM does not take",
    { tags: { owner: "Smith, J" } },
    ["`tags.owner`: set letters, digits, blanks and _.:/=+@-"],
  ],
  [
    "one address twice",
    { alarms: { emails: ["a@example.com", "a@example.com"] } },
    ["`alarms.emails`: must not contain duplicates"],
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
  [
    "a password of nothing",
    {
      password: {
        excludeNumbers: true,
        excludePunctuation: true,
        excludeUppercase: true,
        excludeLowercase: true,
      },
    },
    ["`password`: nothing is left to make a password of"],
  ],
  ["a mail address that is none", { alarms: { emails: ["ops"] } }, ["`alarms.emails[0]`: set a mail address"]],
  [
    "a webhook without TLS",
    { alarms: { webhooks: ["http://example.com"] } },
    ["`alarms.webhooks[0]`: set an https:// URL"],
  ],
  ["a flag that is a text", { protect: "yes" }, ["`protect`: set true or false"]],
  [
    "two tags that IAM takes for one",
    { tags: { Team: "a", team: "b" } },
    ["`tags.team`: IAM takes it for the same key as `Team`: keep one of the two"],
  ],
  ["a tag of AWS's own", { tags: { "aws:team": "a" } }, ["`tags.aws:team`: AWS keeps names with `aws:` for itself"]],
  [
    "a tag that the stack writes itself",
    { tags: { "secrets-rotation:username": "app" } },
    ["`tags.secrets-rotation:username`: the stack writes tags with `secrets-rotation:` itself: remove it"],
  ],
  [
    "an administrators' database that PostgreSQL would cut",
    { adminDatabase: "ü".repeat(32) },
    ["`adminDatabase`: set at most 63 bytes"],
  ],
  [
    "wrong kinds of values beside what only a look at several keys shows",
    {
      databases: [{ secretName: 5, username: 7, host: "db.example.com" }],
      passwords: "x",
      protect: 1,
      schedule: { days: 120 },
      tags: { "aws:team": 5 },
    },
    [
      "`databases[0].secretName`: set a text",
      "`databases[0].username`: set a text",
      "`databases[0].securityGroupId`: set either `securityGroupId` or `cidr`",
      "`passwords`: set an object of secret names and passwords",
      "`protect`: set true or false",
      "`tags.aws:team`: set a text",
      "`databases[0]`: set its password with `pulumi config set --secret --path 'passwords[\"5\"]'`, or an `adminSecretArn`",
      "`schedule`: 120 days between two rotations are more than 90: set less, or `allowLongIntervals: true`",
      "`tags.aws:team`: AWS keeps names with `aws:` for itself",
    ],
  ],
  ["a tag that is too long", { tags: { team: "x".repeat(257) } }, ["`tags.team`: set at most 256 characters"]],
  ["a tag that is a number", { tags: { costCentre: 4711 } }, ["`tags.costCentre`: set a text"]],
  [
    "several at once",
    { ...db({ port: 0, host: undefined }), protect: 1 },
    ["`databases[0].port`: set 1 to 65535", "`databases[0].host`: is missing", "`protect`: set true or false"],
  ],
];
