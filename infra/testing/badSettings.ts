import { db } from "./badDatabases";

const days = "set a whole number from 1 to 1000";

/** Problems with the other settings: title, change to the valid configuration, and the lines that are reported. */
export const badSettings: [string, Record<string, unknown>, string[]][] = [
  ["a schedule without days, rate and cron", { schedule: {} }, ["`schedule`: set one of `days`, `rate` and `cron`"]],
  [
    "a schedule with days and rate",
    { schedule: { days: 30, rate: "rate(30 days)" } },
    ["`schedule`: set one of `days`, `rate` and `cron`"],
  ],
  ["a topic that is no ARN", { alarms: { topicArn: "on-call" } }, ["`alarms.topicArn`: set the ARN of an SNS topic"]],
  [
    "an existing topic with recipients",
    { alarms: { topicArn: "arn:aws:sns:us-east-1:123456789012:on-call", emails: ["a@example.com"] } },
    ["`alarms`: `topicArn` excludes `emails` and `webhooks`: subscribe them to that topic"],
  ],
  ["0 days", { schedule: { days: 0 } }, ["`schedule.days`: set 1 to 1000"]],
  ["1.5 days", { schedule: { days: 1.5 } }, [`\`schedule.days\`: ${days}`]],
  [
    "a rate below four hours",
    { schedule: { rate: "rate(3 hours)" } },
    ["`schedule`: the shortest interval is 4 hours: set `rate(4 hours)` or longer"],
  ],
  [
    "a rate in minutes",
    { schedule: { rate: "rate(300 minutes)" } },
    ["`schedule`: write `rate(10 days)` or `cron(0 2 1 * ? *)`"],
  ],
  [
    "a cron expression in `rate`",
    { schedule: { rate: "cron(0 2 1 * ? *)" } },
    ["`schedule`: write `rate` as rate(10 days)"],
  ],
  [
    "a cron with minutes",
    { schedule: { cron: "cron(30 2 1 * ? *)" } },
    ["`schedule`: the minutes of a `cron` must be 0: a rotation window opens on the hour"],
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
    "a cron with day of month and day of week",
    { schedule: { cron: "cron(0 2 1 * MON *)" } },
    ["`schedule`: in a `cron`, either the day of month or the day of week must be ?"],
  ],
  [
    "a cron every two hours",
    { schedule: { cron: "cron(0 */2 * * ? *)" } },
    ["`schedule`: the shortest interval is 4 hours: the hours `*/2` of the `cron` are 2 apart"],
  ],
  [
    "a window longer than the schedule",
    { schedule: { rate: "rate(6 hours)", duration: "8h" } },
    ["`schedule`: a window of 8h is longer than the 6 hours between two rotations"],
  ],
  ["a duration in minutes", { schedule: { days: 30, duration: "30m" } }, ["`schedule`: `duration` must be 1h to 24h"]],
  [
    "more than 90 days between two rotations",
    { schedule: { days: 120 } },
    ["`schedule`: 120 days between two rotations are more than 90: set fewer days, or `allowLongIntervals: true`"],
  ],
  [
    "a yearly cron",
    { schedule: { cron: "cron(0 2 1 1 ? *)" } },
    ["`schedule`: 372 days between two rotations are more than 90: set fewer days, or `allowLongIntervals: true`"],
  ],
  [
    "more than 90 days between two rotations of one database",
    db({ schedule: { rate: "rate(100 days)" } }),
    [
      "`databases[0].schedule`: 100 days between two rotations are more than 90: set fewer days, or `allowLongIntervals: true`",
    ],
  ],
  [
    "a recovery window that AWS does not support",
    { recoveryWindowInDays: 3 },
    ["`recoveryWindowInDays`: set 7 to 30, or 0 for none"],
  ],
  [
    "a key deletion window that is shorter than the recovery window",
    { recoveryWindowInDays: 30, keyDeletionWindowInDays: 7 },
    ["`keyDeletionWindowInDays`: is shorter than `recoveryWindowInDays`: a restored secret would have no key"],
  ],
  [
    "a window that extends into the next day",
    { schedule: { cron: "cron(0 23 ? * SUN *)", duration: "4h" } },
    ["`schedule`: a window of 4h from 23:00 extends into the next day (UTC)"],
  ],
  [
    "the ARN of an alias as kmsKeyArn",
    { kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:alias/mine" },
    ["`kmsKeyArn`: set an ARN such as arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…"],
  ],
  [
    "a tag value that IAM does not allow",
    { tags: { owner: "Smith, J" } },
    ["`tags.owner`: set letters, digits, spaces and _.:/=+@-"],
  ],
  [
    "an email address twice",
    { alarms: { emails: ["a@example.com", "a@example.com"] } },
    ["`alarms.emails`: must not contain duplicates"],
  ],
  [
    "an alias as kmsKeyArn",
    { kmsKeyArn: "alias/mine" },
    ["`kmsKeyArn`: set an ARN such as arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…"],
  ],
  ["a databaseCa that is not PEM", { databaseCa: "ca.pem" }, ["`databaseCa`: set certificates in PEM format"]],
  ["a timeout above Lambda's maximum", { function: { timeout: 901 } }, ["`function.timeout`: set 30 to 900 seconds"]],
  [
    "an unsupported runtime",
    { function: { runtime: "python3.14" } },
    ["`function.runtime`: set nodejs22.x or nodejs24.x"],
  ],
  [
    "a runtime that Lambda has deprecated",
    { function: { runtime: "nodejs20.x" } },
    ["`function.runtime`: Lambda deprecated nodejs20.x on 2026-04-30: set nodejs24.x"],
  ],
  [
    "a region of AWS China",
    { "aws:region": "cn-north-1" },
    [
      "`aws:region`: cn-north-1 is in the partition aws-cn, which is not supported: use a region of aws or aws-us-gov",
      "`databases[0].adminSecretArn`: is in partition aws, and the stack is in partition aws-cn: set an ARN of partition aws-cn",
    ],
  ],
  [
    "excludeCharacters that leave no digit, although each type must occur",
    { password: { excludeCharacters: "0123456789" } },
    ["`password`: `excludeCharacters` excludes all digits, and each type must occur: set `excludeNumbers` to true"],
  ],
  [
    "excludeCharacters that leave no character of two types",
    { password: { excludeCharacters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", length: 20 } },
    [
      "`password`: `excludeCharacters` excludes all punctuation, and each type must occur: set `excludePunctuation` to true",
      "`password`: `excludeCharacters` excludes all uppercase letters, and each type must occur: set `excludeUppercase` to true",
    ],
  ],
  [
    "excludeCharacters that leave none of the types that are not excluded",
    {
      password: {
        ...{ excludeNumbers: true, excludePunctuation: true, excludeUppercase: true, requireEachIncludedType: false },
        excludeCharacters: "abcdefghijklmnopqrstuvwxyz",
      },
    },
    ["`password`: excludes every character: allow at least one type"],
  ],
  [
    "excludeCharacters that are too long for the function's environment",
    { password: { excludeCharacters: "x".repeat(513) } },
    ["`password.excludeCharacters`: set at most 512 characters"],
  ],
  [
    "a password rule of a wrong type and rules that exclude every character",
    {
      password: {
        ...{ excludeNumbers: true, excludePunctuation: true, excludeUppercase: true, excludeLowercase: true },
        length: "20",
      },
    },
    [
      "`password.length`: set a whole number from 16 to 512",
      "`password`: excludes every character: allow at least one type",
    ],
  ],
  [
    "a schedule with a key of a wrong type and two kinds of interval",
    { schedule: { days: "30", rate: "rate(30 days)" } },
    ["`schedule.days`: set a whole number from 1 to 1000", "`schedule`: set one of `days`, `rate` and `cron`"],
  ],
  [
    "more tags than a secret can have",
    { tags: Object.fromEntries(Array.from({ length: 45 }, (_, i) => [`tag-${i}`, "x"])) },
    [
      "`tags`: a resource can have 50 tags: 47 with `project` and `stack`, and 4 of the settings of a secret, are too many. Remove 1",
    ],
  ],
  [
    "a key twice",
    {
      additionalKmsKeyArns: ["arn:aws:kms:us-east-1:123456789012:key/b", "arn:aws:kms:us-east-1:123456789012:key/b"],
    },
    ["`additionalKmsKeyArns`: must not contain duplicates"],
  ],
  [
    "a retention that CloudWatch Logs does not support",
    { function: { logRetentionInDays: 100 } },
    ["`function.logRetentionInDays`: set a retention that CloudWatch Logs supports: 30, 90, 365, 731, …"],
  ],
  ["a short password", { password: { length: 8 } }, ["`password.length`: set 16 to 512"]],
  [
    "password rules that exclude every character",
    {
      password: {
        excludeNumbers: true,
        excludePunctuation: true,
        excludeUppercase: true,
        excludeLowercase: true,
      },
    },
    ["`password`: excludes every character: allow at least one type"],
  ],
  ["an invalid email address", { alarms: { emails: ["ops"] } }, ["`alarms.emails[0]`: set an email address"]],
  [
    "a webhook without TLS",
    { alarms: { webhooks: ["http://example.com"] } },
    ["`alarms.webhooks[0]`: set an https:// URL"],
  ],
  ["protect that is a string", { protect: "yes" }, ["`protect`: set true or false"]],
  [
    "two tags that differ only in case",
    { tags: { Team: "a", team: "b" } },
    ["`tags.team`: IAM treats it as the same key as `Team`: keep one of the two"],
  ],
  [
    "a tag with the prefix aws:",
    { tags: { "aws:team": "a" } },
    ["`tags.aws:team`: AWS reserves the prefix `aws:`: rename it"],
  ],
  [
    "a tag with the prefix secrets-rotation:",
    { tags: { "secrets-rotation:username": "app" } },
    ["`tags.secrets-rotation:username`: the stack writes the tags with the prefix `secrets-rotation:`: remove it"],
  ],
  [
    "an adminDatabase that PostgreSQL would truncate",
    { adminDatabase: "ü".repeat(32) },
    ["`adminDatabase`: set at most 63 bytes"],
  ],
  [
    "values of the wrong type and problems across keys, at the same time",
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
      "`schedule`: 120 days between two rotations are more than 90: set fewer days, or `allowLongIntervals: true`",
      "`tags.aws:team`: AWS reserves the prefix `aws:`: rename it",
    ],
  ],
  ["a tag without a key", { tags: { "": "a" } }, ["`tags.`: AWS rejects an empty key: name it, or remove it"]],
  [
    "a password that PostgreSQL cannot store",
    { ...db({ adminSecretArn: undefined }), passwords: { "app/db": "a\u0000b" } },
    ["`passwords.app/db`: set a password without NUL characters"],
  ],
  ["a tag that is too long", { tags: { team: "x".repeat(257) } }, ["`tags.team`: set at most 256 characters"]],
  ["a tag that is a number", { tags: { costCenter: 4711 } }, ["`tags.costCenter`: set a text"]],
  [
    "several problems at the same time",
    { ...db({ port: 0, host: undefined }), protect: 1 },
    ["`databases[0].port`: set 1 to 65535", "`databases[0].host`: is missing", "`protect`: set true or false"],
  ],
];
