import { databaseWith, goodDatabase, goodNetwork } from "./goodConfiguration";

const { adminSecretArn } = goodDatabase;
const setSecretArn = "set an ARN such as arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf";
const setKeyArn = "set an ARN such as arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…";

/** Each key: descriptions of values, the values, and the problem that is reported. */
const values: Record<string, Record<string, [value: unknown, problem: string]>> = {
  network: {
    "no network for databases": [undefined, "is missing: set the VPC of the databases"],
    "a network that is a string": ["vpc-0a1b2c3d", "set an object with keys"],
  },
  "network.vpcId": valuesOf(
    ["my-vpc", "vpc-0a1b2c3d4e5f6071"],
    (id) => `the invalid VPC ID ${id}`,
    "set an ID such as vpc-0a1b2c3d4e5f60718",
  ),
  "network.subnetIds": {
    "no subnets": [[], "set two subnets in different Availability Zones"],
    "a subnet twice": [["subnet-0a1b2c3d", "subnet-0a1b2c3d"], "must not contain duplicates"],
    "more subnets than a function can have": [
      Array.from({ length: 17 }, (_, i) => `subnet-0a1b2c${i + 10}`),
      "set at most 16 subnets, the maximum of a Lambda function",
    ],
  },
  "network.subnetIds[0]": { "an invalid subnet ID": ["10.0.0.0/24", "set an ID such as subnet-0a1b2c3d4e5f60718"] },
  "network.endpointSecurityGroupId": {
    "an invalid endpointSecurityGroupId": ["vpce-0a1b2c3d", "set an ID such as sg-0a1b2c3d4e5f60718"],
  },
  databases: {
    "no databases for a network": [undefined, "is missing: set the databases of `network`"],
    "an empty list of databases": [[], "set at least one database"],
    "databases that are not a list": ["db.example.com", "set a list"],
    "more administrators than a policy can list": [
      Array.from({ length: 60 }, (_, i) => ({
        ...goodDatabase,
        secretName: `app/db-${i}`,
        host: `db-${i}.example.com`,
        adminSecretArn: adminSecretArn.replace("admin", `rds!db-0a1b2c3d-${i}`),
      })),
      "an IAM policy cannot list 60 administrators' secrets and 0 additional keys: share administrators, or split the databases over several stacks",
    ],
    "more databases than a security group has rules": [
      Array.from({ length: 60 }, (_, i) => ({
        ...goodDatabase,
        ...{ secretName: `app/db-${i}`, host: `db-${i}.example.com`, securityGroupId: `sg-0a1b2c${i + 10}` },
      })),
      "60 destinations need 61 rules, and a security group holds 60: set one `cidr` for several databases, or split the databases over several stacks",
    ],
  },
  "databases[0].secretName": {
    "a database without a secret": [undefined, "set either `secretName` or `secretArn`"],
    "a secret name with a space": ["app db", "set 1 to 512 letters, digits and /_+=.@!-"],
    "a secret name with the prefix of a managed secret": [
      "rds!db",
      "AWS services give the names of their own secrets a `!`: set a name without `!`",
    ],
  },
  "databases[0].secretArn": {
    "a secretArn of another service": ["arn:aws:iam::123456789012:role/x", setSecretArn],
    "a secret that RDS manages as the rotated secret": [
      adminSecretArn.replace("admin", "rds!cluster-0a1b2c3d"),
      "the service `rds` manages and rotates this secret: remove the database, or set the secret as `adminSecretArn` of another user",
    ],
  },
  "databases[0].host": {
    "no host": [undefined, "is missing"],
    "a host with a protocol": ["postgres://db", "set a host name without protocol and port"],
    "a host with a port": ["db.example.com:5432", "set a host name without protocol and port"],
    "a host that ends in a dot": [
      "db.example.com.",
      "ends in a dot, and certificates have no such name: set db.example.com",
    ],
    ...valuesOf(
      ["db..example.com", `${"d".repeat(64)}.example.com`, "db.-a.example.com", "db-.example.com"],
      (host) => `the host ${host}`,
      "is not a host name: each part between dots has 1 to 63 characters, and no hyphen at its ends",
    ),
    "a host that is not an IPv4 address": ["10.0.0.500", "is not an IPv4 address: set a host name"],
    "the reader endpoint of a cluster in another partition": [
      "app.cluster-ro-abcdefghijkl.rds.cn-north-1.amazonaws.com.cn",
      "is a reader endpoint, which accepts no changes: set app.cluster-abcdefghijkl.rds.cn-north-1.amazonaws.com.cn",
    ],
    "a host that is too long for a tag": ["h".repeat(251), "set at most 250 characters"],
    "the reader endpoint of a cluster": [
      "app.cluster-ro-abcdefghijkl.us-east-1.rds.amazonaws.com",
      "is a reader endpoint, which accepts no changes: set app.cluster-abcdefghijkl.us-east-1.rds.amazonaws.com",
    ],
    "a custom endpoint of a cluster": [
      "reports.cluster-custom-abcdefghijkl.us-east-1.rds.amazonaws.com",
      "is a custom endpoint, which may lead to a reader: set the cluster's writer endpoint",
    ],
    ...valuesOf(
      [
        "app.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com",
        "ro.endpoint.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com",
      ],
      (host) => `the endpoint ${host} of an RDS Proxy`,
      "is the endpoint of an RDS Proxy, which does not forward the function's session settings: set the endpoint of the database itself",
    ),
    ...valuesOf(
      ["::1", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5432", "fe80::1%eth0", "::ffff:10.0.0.1"],
      (host) => `the IPv6 address ${host} as a host`,
      "is an IPv6 address: the function connects by IPv4 and checks the name in the certificate: set a host name",
    ),
  },
  "databases[0].username": {
    "no user": [undefined, "is missing"],
    "a username that PostgreSQL would truncate": ["ü".repeat(32), "set at most 63 bytes"],
    "a username with a control character": ["a\u0000b", "set a name without control characters"],
    "a keyword of PostgreSQL as the user": ["public", "PostgreSQL reserves this name: set the name of a role"],
    "a role of PostgreSQL as the user": [
      "pg_monitor",
      "PostgreSQL reserves names with the prefix `pg_`: set a login role",
    ],
  },
  "databases[0].port": {
    "port 0": [0, "set 1 to 65535"],
    "port 70000": [70000, "set 1 to 65535"],
    "a port that is a string": ["5432", "set a whole number from 1 to 65535"],
  },
  "databases[0].strategy": { "an unknown strategy": ["alternating", "set single-user or alternating-users"] },
  "databases[0].adminSecretArn": {
    "an adminSecretArn that is too long for a tag": [
      adminSecretArn.replace("admin", "x".repeat(200)),
      "set an ARN of at most 256 characters",
    ],
    "an adminSecretArn that is a pattern": [adminSecretArn.replace("admin", "*"), setSecretArn],
    "an adminSecretArn without the six random characters": [adminSecretArn.replace("-AbCdEf", ""), setSecretArn],
  },
  "databases[0].memberOf[0]": {
    "a role name that a tag does not allow": ["app owner", "set a role name of letters, digits and _.:/=+@-"],
    "a keyword of PostgreSQL as a role": ["none", "PostgreSQL reserves this name: set the name of a role"],
  },
  "databases[0].memberOf": {
    "the user in memberOf": [["app"], "must not contain app: a role cannot be a member of itself"],
    "more roles than a tag can hold": [
      Array.from({ length: 5 }, () => "r".repeat(60)),
      "set at most 256 characters in total",
    ],
  },
  "databases[0].cidr": {
    "0.0.0.0/0": ["0.0.0.0/0", "must not be the whole internet: set the addresses of the database"],
    "a cidr without a prefix length": ["10.0.0.0", "set addresses such as 10.1.2.0/24"],
    "an IPv6 range": [
      "2001:db8::/64",
      "is an IPv6 range, and the function connects by IPv4: set addresses such as 10.1.2.0/24",
    ],
    "a cidr that does not begin with the first address of its range": [
      "10.1.2.77/20",
      "is not the first address of its range: set 10.1.0.0/20",
    ],
  },
  "databases[0].replicaRegions": { "two replicas in one region": [["eu-west-1", "eu-west-1"], "set each region once"] },
  "databases[0].replicaRegions[0]": { "a replica in an invalid region": ["Ireland", "set a region such as eu-west-1"] },
  "databases[0].dbname": { "a dbname that PostgreSQL would truncate": ["d".repeat(64), "set at most 63 bytes"] },
  "databases[0].schedule": {
    "more than 90 days between two rotations of one database": [
      { rate: "rate(100 days)" },
      "100 days between two rotations are more than 90: set fewer days, or `allowLongIntervals: true`",
    ],
  },
  function: { "an unknown key of the function": [{ timeuot: 3 }, "unknown key `timeuot`; did you mean `timeout`?"] },
  schedule: {
    "an unknown key of a schedule": [
      { days: 30, durration: "1h" },
      "unknown key `durration`; did you mean `duration`?",
    ],
    "a schedule without days, rate and cron": [{}, "set one of `days`, `rate` and `cron`"],
    "a rate below four hours": [
      { rate: "rate(3 hours)" },
      "the shortest interval is 4 hours: set `rate(4 hours)` or longer",
    ],
    "a rate in minutes": [{ rate: "rate(300 minutes)" }, "write `rate(10 days)` or `cron(0 2 1 * ? *)`"],
    "a cron expression in `rate`": [{ rate: "cron(0 2 1 * ? *)" }, "write `rate` as rate(10 days)"],
    "a cron with minutes": [
      { cron: "cron(30 2 1 * ? *)" },
      "the minutes of a `cron` must be 0: a rotation window opens on the hour",
    ],
    "a cron with a year": [{ cron: "cron(0 2 1 * ? 2030)" }, "the year of a `cron` must be *"],
    "a cron with five fields": [{ cron: "cron(0 2 * * *)" }, "write `rate(10 days)` or `cron(0 2 1 * ? *)`"],
    "a cron with day of month and day of week": [
      { cron: "cron(0 2 1 * MON *)" },
      "in a `cron`, either the day of month or the day of week must be ?",
    ],
    "a cron every two hours": [
      { cron: "cron(0 */2 * * ? *)" },
      "the shortest interval is 4 hours: the hours `*/2` of the `cron` are 2 apart",
    ],
    "a window longer than the schedule": [
      { rate: "rate(6 hours)", duration: "8h" },
      "a window of 8h is longer than the 6 hours between two rotations",
    ],
    "a duration in minutes": [{ days: 30, duration: "30m" }, "`duration` must be 1h to 24h"],
    "a yearly cron": [
      { cron: "cron(0 2 1 1 ? *)" },
      "372 days between two rotations are more than 90: set fewer days, or `allowLongIntervals: true`",
    ],
    "a window that extends into the next day": [
      { cron: "cron(0 23 ? * SUN *)", duration: "4h" },
      "a window of 4h from 23:00 extends into the next day (UTC)",
    ],
  },
  "passwords.app/dbb": { "a password without a secret": ["x", "no database has a secret with this name"] },
  "alarms.topicArn": { "a topic that is no ARN": ["on-call", "set the ARN of an SNS topic"] },
  alarms: {
    "an existing topic with recipients": [
      { topicArn: "arn:aws:sns:us-east-1:123456789012:on-call", emails: ["a@example.com"] },
      "`topicArn` excludes `emails` and `webhooks`: subscribe them to that topic",
    ],
  },
  "schedule.days": { "0 days": [0, "set 1 to 1000"], "1.5 days": [1.5, "set a whole number from 1 to 1000"] },
  recoveryWindowInDays: { "a recovery window that AWS does not support": [3, "set 7 to 30, or 0 for none"] },
  kmsKeyArn: { "the ARN of an alias as kmsKeyArn": ["arn:aws:kms:us-east-1:123456789012:alias/mine", setKeyArn] },
  "tags.owner": { "a tag value that IAM does not allow": ["Smith, J", "set letters, digits, spaces and _.:/=+@-"] },
  "alarms.emails": { "an email address twice": [["a@example.com", "a@example.com"], "must not contain duplicates"] },
  databaseCa: { "a databaseCa that is not PEM": ["ca.pem", "set certificates in PEM format"] },
  "function.timeout": { "a timeout above Lambda's maximum": [901, "set 30 to 900 seconds"] },
  "function.runtime": {
    "an unsupported runtime": ["python3.14", "set nodejs22.x or nodejs24.x"],
    "a runtime that Lambda has deprecated": [
      "nodejs20.x",
      "Lambda deprecated nodejs20.x on 2026-04-30: set nodejs24.x",
    ],
  },
  password: {
    "excludeCharacters that leave none of the types that are not excluded": [
      {
        ...{ excludeNumbers: true, excludePunctuation: true, excludeUppercase: true, requireEachIncludedType: false },
        excludeCharacters: "abcdefghijklmnopqrstuvwxyz",
      },
      "excludes every character: allow at least one type",
    ],
  },
  "password.excludeCharacters": {
    "excludeCharacters that are too long for the function's environment": [
      "x".repeat(513),
      "set at most 512 characters",
    ],
  },
  tags: {
    "more tags than a secret can have": [
      Object.fromEntries(Array.from({ length: 45 }, (_, i) => [`tag-${i}`, "x"])),
      "a resource can have 50 tags: 47 with `project` and `stack`, and 4 of the settings of a secret, are too many. Remove 1",
    ],
  },
  additionalKmsKeyArns: {
    "a key twice": [
      ["arn:aws:kms:us-east-1:123456789012:key/b", "arn:aws:kms:us-east-1:123456789012:key/b"],
      "must not contain duplicates",
    ],
  },
  "function.logRetentionInDays": {
    "a retention that CloudWatch Logs does not support": [
      100,
      "set a retention that CloudWatch Logs supports: 30, 90, 365, 731, …",
    ],
  },
  "password.length": { "a short password": [8, "set 16 to 512"] },
  "alarms.emails[0]": { "an invalid email address": ["ops", "set an email address"] },
  "alarms.webhooks[0]": { "a webhook without TLS": ["http://example.com", "set an https:// URL"] },
  "tags.secrets-rotation:username": {
    "a tag with the prefix secrets-rotation:": [
      "app",
      "the stack writes the tags with the prefix `secrets-rotation:`: remove it",
    ],
  },
  adminDatabase: { "an adminDatabase that PostgreSQL would truncate": ["ü".repeat(32), "set at most 63 bytes"] },
  "tags.team": { "a tag that is too long": ["x".repeat(257), "set at most 256 characters"] },
};

/** A configuration that is rejected: title, change to the valid configuration, and the lines that are reported. */
export type BadConfiguration = [what: string, change: Record<string, unknown>, lines: string[]];

export const badValues: BadConfiguration[] = Object.entries(values).flatMap(([path, ofKey]) =>
  Object.entries(ofKey).map(
    ([what, [value, problem]]): BadConfiguration => [what, changeOf(path, value), [`\`${path}\`: ${problem}`]],
  ),
);

/** The change that sets the key at a path to a value, or to a list with that value. */
function changeOf(path: string, value: unknown): Record<string, unknown> {
  const [, first = "", key = "", inList] = /^([^.]+)(?:\.(.+?)(\[0\])?)?$/.exec(path) ?? [];
  const given = { [key]: inList ? [value] : value };
  if (first === "databases[0]") return databaseWith(given);
  return { [first]: key === "" ? value : { ...(first === "network" && goodNetwork), ...given } };
}

function valuesOf(list: string[], title: (value: string) => string, problem: string): (typeof values)[string] {
  return Object.fromEntries(list.map((value) => [title(value), [value, problem]]));
}
