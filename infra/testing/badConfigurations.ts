import type { BadConfiguration } from "./badValues";
import { databaseWith, goodDatabase, goodNetwork } from "./goodConfiguration";

const { adminSecretArn } = goodDatabase;
const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:legacy/db-AbCdEf";
const appArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-AbCdEf";

/** Descriptions of configurations whose problem is not that of a single value, the changes, and the lines. */
const configurations: Record<string, [change: Record<string, unknown>, ...lines: string[]]> = {
  "an unknown key": [{ netwrok: {} }, "unknown key `netwrok`; did you mean `network`?"],
  "an unknown key that is similar to no key": [{ zzzzzzzzzz: 1 }, "unknown key `zzzzzzzzzz`"],
  "an unknown key of a database": [
    databaseWith({ hots: "x" }),
    "`databases[0]`: unknown key `hots`; did you mean `host`?",
  ],
  "no VPC": [{ network: { subnetIds: goodNetwork.subnetIds } }, "`network.vpcId`: is missing"],
  "a database with two secrets": [
    databaseWith({ secretName: "app/db", secretArn: adminSecretArn.replace("admin", "app") }),
    "`databases[0].secretName`: set either `secretName` or `secretArn`",
  ],
  "a username without space for `_clone`": [
    databaseWith({ strategy: "alternating-users", username: "ü".repeat(29) }),
    "`databases[0].username`: set at most 57 bytes for `alternating-users`: the function adds `_clone`",
  ],
  "alternating-users without an administrator": [
    { ...databaseWith({ strategy: "alternating-users", adminSecretArn: undefined }), passwords: { "app/db": "x" } },
    "`databases[0].adminSecretArn`: is missing: `alternating-users` needs an administrator",
  ],
  "an adminSecretArn that is the rotated secret": [
    databaseWith({ secretArn: adminSecretArn }),
    "`databases[0].adminSecretArn`: must not be the rotated secret itself",
  ],
  "two databases with one secret": [
    { databases: [goodDatabase, goodDatabase] },
    "`databases[1]`: `app/db` is already the secret of databases[0]",
  ],
  "replicas of an existing secret": [
    databaseWith({ secretArn: adminSecretArn.replace("admin", "app"), replicaRegions: ["eu-west-1"] }),
    "`databases[0].replicaRegions`: applies only to a secret that the stack creates: remove it",
  ],
  "a replica with a key of another region": [
    databaseWith({ replicaRegions: [{ region: "eu-west-1", kmsKeyArn: "arn:aws:kms:eu-west-2:123456789012:key/a" }] }),
    "`databases[0].replicaRegions[0].kmsKeyArn`: set a key of the replica's region",
  ],
  "replicas that are neither a region nor an object with a region": [
    databaseWith({ replicaRegions: [5, { kmsKeyArn: "alias/x" }, { region: "eu-west-1", kmsKeyArm: "x" }] }),
    "`databases[0].replicaRegions[0]`: set a region such as eu-west-1, or an object with `region` and `kmsKeyArn`",
    "`databases[0].replicaRegions[1].region`: is missing",
    "`databases[0].replicaRegions[1].kmsKeyArn`: set an ARN such as arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…",
    "`databases[0].replicaRegions[2]`: unknown key `kmsKeyArm`; did you mean `kmsKeyArn`?",
  ],
  "an existing secret with an administrator and without host and username": [
    databaseWith({ secretArn, host: undefined, username: undefined }),
    "`databases[0].host`: is missing: with `adminSecretArn`, set the host of the user that the administrator may change",
    "`databases[0].username`: is missing: with `adminSecretArn`, set the user that the administrator may change",
  ],
  "an existing secret with a host and without a username": [
    databaseWith({ secretArn, adminSecretArn: undefined, username: undefined }),
    "`databases[0].username`: is missing: set both `host` and `username`, or neither",
  ],
  "an existing secret with a username and without a host": [
    databaseWith({ secretArn, adminSecretArn: undefined, host: undefined }),
    "`databases[0].host`: is missing: set both `host` and `username`, or neither",
  ],
  "a dbname for an existing secret": [
    databaseWith({ secretArn, dbname: "app" }),
    "`databases[0].dbname`: applies only to a secret that the stack creates: remove it",
  ],
  "alternating-users with the name of the clone": [
    databaseWith({ strategy: "alternating-users", username: "app_clone" }),
    "`databases[0].username`: ends in `_clone`: set the name without `_clone`, which the function adds",
  ],
  "an existing secret that the stack would also create": [
    { databases: [goodDatabase, { ...goodDatabase, secretName: undefined, username: "other", secretArn: appArn }] },
    "`databases[1]`: `app/db` is already the secret of databases[0]",
  ],
  "two secrets for one user": [
    { databases: [goodDatabase, { ...goodDatabase, secretName: "app/again", host: "DB.example.com" }] },
    "`databases[1]`: `app@db.example.com:5432` is already rotated by the secret of databases[0]",
  ],
  "a secret for the clone of another secret's user": [
    {
      databases: [
        { ...goodDatabase, strategy: "alternating-users" },
        { ...goodDatabase, secretName: "app/clone", username: "app_clone" },
      ],
    },
    "`databases[1]`: `app_clone@db.example.com:5432` is already rotated by the secret of databases[0]",
  ],
  "ARNs of another region than the stack's": [
    {
      "aws:region": "us-east-1",
      kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/a",
      additionalKmsKeyArns: ["arn:aws:kms:us-east-1:123456789012:key/b", "arn:aws:kms:eu-west-2:123456789012:key/c"],
      tags: { ownerArn: "arn:aws:sns:eu-west-1:123456789012:x" },
      ...databaseWith({
        secretArn: secretArn.replace("us-east-1", "eu-central-1"),
        adminSecretArn: adminSecretArn.replace("us-east-1", "eu-north-1"),
      }),
    },
    "`databases[0].adminSecretArn`: is in eu-north-1, and the stack is in us-east-1: set an ARN of us-east-1",
    "`databases[0].secretArn`: is in eu-central-1, and the stack is in us-east-1: set an ARN of us-east-1",
    "`kmsKeyArn`: is in eu-west-1, and the stack is in us-east-1: set an ARN of us-east-1",
    "`additionalKmsKeyArns[1]`: is in eu-west-2, and the stack is in us-east-1: set an ARN of us-east-1",
  ],
  "an adminSecretArn whose name is that of the created secret": [
    databaseWith({ secretName: "admin" }),
    "`databases[0].adminSecretArn`: must not be the rotated secret itself",
  ],
  "a role in memberOf that PostgreSQL would truncate": [
    databaseWith({ memberOf: ["owner", "r".repeat(64)] }),
    "`databases[0].memberOf[1]`: set at most 63 bytes",
  ],
  "memberOf without an administrator": [
    { ...databaseWith({ memberOf: ["owner"], adminSecretArn: undefined }), passwords: { "app/db": "x" } },
    "`databases[0].memberOf`: needs `adminSecretArn`: only an administrator creates users. Remove it, or set `adminSecretArn`",
  ],
  "the password of an existing secret": [
    { ...databaseWith({ secretArn }), passwords: { "legacy/db": "x" } },
    "`passwords.legacy/db`: the secret exists, and its value is not written: remove it",
  ],
  "ARNs of another partition than the stack's": [
    {
      "aws:region": "us-gov-west-1",
      kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:key/a",
      ...databaseWith({
        adminSecretArn: adminSecretArn.replace("arn:aws:", "arn:aws-us-gov:").replace("us-east-1", "us-gov-east-1"),
      }),
    },
    "`databases[0].adminSecretArn`: is in us-gov-east-1, and the stack is in us-gov-west-1: set an ARN of us-gov-west-1",
    "`kmsKeyArn`: is in partition aws, and the stack is in partition aws-us-gov: set an ARN of partition aws-us-gov",
  ],
  "a replica in another partition, and a key of another partition": [
    {
      "aws:region": "us-east-1",
      ...databaseWith({
        replicaRegions: [
          "us-gov-west-1",
          { region: "eu-west-1", kmsKeyArn: "arn:aws-cn:kms:eu-west-1:123456789012:key/a" },
        ],
      }),
    },
    "`databases[0].replicaRegions[0]`: Secrets Manager cannot replicate from us-east-1 to us-gov-west-1: remove it",
    "`databases[0].replicaRegions[1].kmsKeyArn`: is in partition aws-cn, and the stack is in partition aws: set an ARN of partition aws",
  ],
  "a port of a wrong type, and two secrets for one user": [
    {
      databases: [
        { ...goodDatabase, port: "5432" },
        { ...goodDatabase, secretName: "app/again" },
      ],
    },
    "`databases[0].port`: set a whole number from 1 to 65535",
    "`databases[1]`: `app@db.example.com:5432` is already rotated by the secret of databases[0]",
  ],
  "a replica in the stack's own region": [
    {
      "aws:region": "us-east-1",
      ...databaseWith({
        replicaRegions: ["us-east-1", { region: "eu-west-1", kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/a" }],
      }),
    },
    "`databases[0].replicaRegions[0]`: us-east-1 is the region of the stack: remove it",
  ],
  "a key deletion window that is shorter than the recovery window": [
    { recoveryWindowInDays: 30, keyDeletionWindowInDays: 7 },
    "`keyDeletionWindowInDays`: is shorter than `recoveryWindowInDays`: a restored secret would have no key",
  ],
  "a region of AWS China": [
    { "aws:region": "cn-north-1" },
    "`aws:region`: cn-north-1 is in the partition aws-cn, which is not supported: use a region of aws or aws-us-gov",
    "`databases[0].adminSecretArn`: is in partition aws, and the stack is in partition aws-cn: set an ARN of partition aws-cn",
  ],
  "excludeCharacters that leave no character of two types": [
    { password: { excludeCharacters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", length: 20 } },
    "`password`: `excludeCharacters` excludes all punctuation, and each type must occur: set `excludePunctuation` to true",
    "`password`: `excludeCharacters` excludes all uppercase letters, and each type must occur: set `excludeUppercase` to true",
  ],
  "a password rule of a wrong type and rules that exclude every character": [
    {
      password: {
        ...{ excludeNumbers: true, excludePunctuation: true, excludeUppercase: true, excludeLowercase: true },
        length: "20",
      },
    },
    "`password.length`: set a whole number from 16 to 512",
    "`password`: excludes every character: allow at least one type",
  ],
  "a schedule with a key of a wrong type and two kinds of interval": [
    { schedule: { days: "30", rate: "rate(30 days)" } },
    "`schedule.days`: set a whole number from 1 to 1000",
    "`schedule`: set one of `days`, `rate` and `cron`",
  ],
  "two tags that differ only in case": [
    { tags: { Team: "a", team: "b" } },
    "`tags.team`: IAM treats it as the same key as `Team`: keep one of the two",
  ],
  "values of the wrong type and problems across keys, at the same time": [
    {
      databases: [{ secretName: 5, username: 7, host: "db.example.com" }],
      passwords: "x",
      protect: 1,
      schedule: { days: 120 },
      tags: { "aws:team": 5 },
    },
    "`databases[0].secretName`: set a text",
    "`databases[0].username`: set a text",
    "`databases[0].securityGroupId`: set either `securityGroupId` or `cidr`",
    "`passwords`: set an object of secret names and passwords",
    "`protect`: set true or false",
    "`tags.aws:team`: set a text",
    "`schedule`: 120 days between two rotations are more than 90: set fewer days, or `allowLongIntervals: true`",
    "`tags.aws:team`: AWS reserves the prefix `aws:`: rename it",
  ],
  "more tags than the secret of the stack's own database can have": [
    {
      ...{ network: undefined, databases: undefined },
      tags: Object.fromEntries(Array.from({ length: 46 }, (_, i) => [`tag-${i}`, "x"])),
    },
    "`tags`: a resource can have 50 tags: 48 with `project` and `stack`, and 3 of the settings of a secret, are too many. Remove 1",
  ],
  "a tag without a key": [{ tags: { "": "a" } }, "`tags.`: AWS rejects an empty key: name it, or remove it"],
  "a password that PostgreSQL cannot store": [
    { ...databaseWith({ adminSecretArn: undefined }), passwords: { "app/db": "a\u0000b" } },
    "`passwords.app/db`: set a password without NUL characters",
  ],
  "the clone in memberOf": [
    databaseWith({ memberOf: ["app_clone"], strategy: "alternating-users" }),
    "`databases[0].memberOf`: must not contain app_clone: a role cannot be a member of itself",
  ],
  "an RDS host of another region than the stack's": [
    { "aws:region": "us-east-1", ...databaseWith({ host: "db.abcdefghijkl.eu-west-1.rds.amazonaws.com" }) },
    "`databases[0].host`: is in eu-west-1, and the function trusts the RDS certificates of us-east-1: use a stack of eu-west-1, or set `databaseCa` to https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem",
  ],
  "several problems at the same time": [
    { ...databaseWith({ port: 0, host: undefined }), protect: 1 },
    "`databases[0].port`: set 1 to 65535",
    "`databases[0].host`: is missing",
    "`protect`: set true or false",
  ],
};

export const badConfigurations: BadConfiguration[] = Object.entries(configurations).map(
  ([what, [change, ...lines]]) => [what, change, lines],
);
