const network = { vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"] };
const adminSecretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf";
const database = {
  secretName: "app/db",
  host: "db.example.com",
  username: "app",
  securityGroupId: "sg-0a1b2c3d",
  adminSecretArn,
};

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:legacy/db-AbCdEf";
const appArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-AbCdEf";

/** A configuration in which nothing is wrong. */
export const goodConfiguration = { network, databases: [database] };

/** What is wrong with network and databases: a change to the good configuration, and the lines that it gets. */
export const badDatabases: [string, Record<string, unknown>, string[]][] = [
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
  [
    "a first password that the database does not know, for as long as the schedule says",
    db({ rotateImmediately: false }),
    [
      "`databases[0].rotateImmediately`: must be true where no password is set: until the first rotation the secret has one that the database does not know",
    ],
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
    ["`network.subnetIds`: must not contain duplicates"],
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
    db({ secretArn: adminSecretArn.replace("admin", "app") }),
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
    db({ username: "ü".repeat(32) }),
    ["`databases[0].username`: set at most 63 bytes"],
  ],
  [
    "a user's name that leaves no room for its twin's",
    db({ strategy: "alternating-users", username: "ü".repeat(29) }),
    ["`databases[0].username`: set at most 57 bytes where users alternate: `_clone` is added"],
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
    "an administrator's ARN that no tag has room for",
    db({ adminSecretArn: adminSecretArn.replace("admin", "x".repeat(200)) }),
    ["`databases[0].adminSecretArn`: set an ARN of at most 256 characters"],
  ],
  [
    "a role's name that no tag takes",
    db({ memberOf: ["app owner"] }),
    ["`databases[0].memberOf[0]`: set a role's name of letters, digits and _.:/=+@-"],
  ],
  [
    "more roles than a tag has room for",
    db({ memberOf: Array.from({ length: 5 }, () => "r".repeat(60)) }),
    ["`databases[0].memberOf`: set at most 256 characters in all"],
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
    "a secret's ARN without its six characters",
    db({ adminSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin" }),
    [
      "`databases[0].adminSecretArn`: set an ARN such as arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf",
    ],
  ],
  [
    "two copies in one region",
    db({ replicaRegions: ["eu-west-1", "eu-west-1"] }),
    ["`databases[0].replicaRegions`: set each region once"],
  ],
  [
    "a copy in no region",
    db({ replicaRegions: ["Ireland"] }),
    ["`databases[0].replicaRegions[0]`: set a region such as eu-west-1"],
  ],
  [
    "copies of somebody else's secret",
    db({ secretName: undefined, secretArn: adminSecretArn.replace("admin", "app"), replicaRegions: ["eu-west-1"] }),
    ["`databases[0].replicaRegions`: is for a secret that the stack creates: remove it"],
  ],
  [
    "a copy's key of another region than the copy",
    db({ replicaRegions: [{ region: "eu-west-1", kmsKeyArn: "arn:aws:kms:eu-west-2:123456789012:key/a" }] }),
    ["`databases[0].replicaRegions[0].kmsKeyArn`: set a key of the copy's own region"],
  ],
  [
    "copies that are neither a region nor an object with one",
    db({ replicaRegions: [5, { kmsKeyArn: "alias/x" }, { region: "eu-west-1", kmsKeyArm: "x" }] }),
    [
      "`databases[0].replicaRegions[0]`: set a region such as eu-west-1, or an object with `region` and `kmsKeyArn`",
      "`databases[0].replicaRegions[1].region`: is missing",
      "`databases[0].replicaRegions[1].kmsKeyArn`: set an ARN such as arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…",
      "`databases[0].replicaRegions[2]`: unknown key `kmsKeyArm`; did you mean `kmsKeyArn`?",
    ],
  ],
  [
    "an existing secret with an administrator, and no word on whom it may change and where",
    db({ secretName: undefined, secretArn, host: undefined, username: undefined }),
    [
      "`databases[0].host`: is missing: with `adminSecretArn`, it says where the administrator may change",
      "`databases[0].username`: is missing: with `adminSecretArn`, it says which user the administrator may change",
    ],
  ],
  [
    "an existing secret with a host and no user",
    db({ secretName: undefined, secretArn, adminSecretArn: undefined, username: undefined }),
    ["`databases[0].username`: is missing: set both `host` and `username`, or neither"],
  ],
  [
    "an existing secret with a user and no host",
    db({ secretName: undefined, secretArn, adminSecretArn: undefined, host: undefined }),
    ["`databases[0].host`: is missing: set both `host` and `username`, or neither"],
  ],
  [
    "a database's name for the value of a secret that exists",
    db({ secretName: undefined, secretArn, dbname: "app" }),
    ["`databases[0].dbname`: is for a secret that the stack creates: remove it"],
  ],
  [
    "the clone's name where users alternate",
    db({ strategy: "alternating-users", username: "app_clone" }),
    ["`databases[0].username`: ends in `_clone`: set the user's own name, to which the function adds `_clone`"],
  ],
  [
    "a user's name with a control character",
    db({ username: "a\u0000b" }),
    ["`databases[0].username`: set a name without control characters"],
  ],
  [
    "a host that no tag has room for",
    db({ host: "h".repeat(251) }),
    ["`databases[0].host`: set at most 250 characters"],
  ],
  [
    "an existing secret that the stack would create as well",
    { databases: [database, { ...database, secretName: undefined, username: "other", secretArn: appArn }] },
    ["`databases[1]`: `app/db` is the secret of databases[0] already"],
  ],
  [
    "two secrets of one user",
    { databases: [database, { ...database, secretName: "app/again", host: "DB.example.com" }] },
    ["`databases[1]`: `app@db.example.com:5432` is rotated by the secret of databases[0] already"],
  ],
  [
    "a secret of a user that is the clone of another one's",
    {
      databases: [
        { ...database, strategy: "alternating-users" },
        { ...database, secretName: "app/clone", username: "app_clone" },
      ],
    },
    ["`databases[1]`: `app_clone@db.example.com:5432` is rotated by the secret of databases[0] already"],
  ],
  [
    "more administrators than a policy has room for",
    {
      databases: Array.from({ length: 60 }, (_, i) => ({
        ...database,
        secretName: `app/db-${i}`,
        host: `db-${i}.example.com`,
        adminSecretArn: adminSecretArn.replace("admin", `rds!db-0a1b2c3d-${i}`),
      })),
    },
    [
      "`databases`: 60 secrets of administrators and 0 further keys are more than an IAM policy has room for: share administrators, or split the databases over several stacks",
    ],
  ],
  [
    "a secret, an administrator and keys of other regions than the stack's",
    {
      "aws:region": "us-east-1",
      kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/a",
      additionalKmsKeyArns: ["arn:aws:kms:us-east-1:123456789012:key/b", "arn:aws:kms:eu-west-2:123456789012:key/c"],
      tags: { ownerArn: "arn:aws:sns:eu-west-1:123456789012:x" },
      ...db({
        secretName: undefined,
        secretArn: secretArn.replace("us-east-1", "eu-central-1"),
        adminSecretArn: adminSecretArn.replace("us-east-1", "eu-north-1"),
      }),
    },
    [
      "`databases[0].adminSecretArn`: is of eu-north-1, and the stack of us-east-1: set an ARN of us-east-1",
      "`databases[0].secretArn`: is of eu-central-1, and the stack of us-east-1: set an ARN of us-east-1",
      "`kmsKeyArn`: is of eu-west-1, and the stack of us-east-1: set an ARN of us-east-1",
      "`additionalKmsKeyArns[1]`: is of eu-west-2, and the stack of us-east-1: set an ARN of us-east-1",
    ],
  ],
  [
    "a copy in the stack's own region",
    {
      "aws:region": "us-east-1",
      ...db({
        replicaRegions: ["us-east-1", { region: "eu-west-1", kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/a" }],
      }),
    },
    ["`databases[0].replicaRegions[0]`: us-east-1 is the region of the secret itself: remove it"],
  ],
];

/** A change to the one database. */
export function db(change: object): Record<string, unknown> {
  return { databases: [{ ...database, ...change }] };
}
