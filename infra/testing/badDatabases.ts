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

/** A valid configuration. */
export const goodConfiguration = { network, databases: [database] };

/** Problems with network and databases: title, change to the valid configuration, and the lines that are reported. */
export const badDatabases: [string, Record<string, unknown>, string[]][] = [
  ["an unknown key", { netwrok: {} }, ["unknown key `netwrok`; did you mean `network`?"]],
  ["an unknown key that is similar to no key", { zzzzzzzzzz: 1 }, ["unknown key `zzzzzzzzzz`"]],
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
  ["databases that are not a list", { databases: "db.example.com" }, ["`databases`: set a list"]],
  ["a network that is a string", { network: "vpc-0a1b2c3d" }, ["`network`: set an object with keys"]],
  [
    "an invalid VPC ID",
    { network: { ...network, vpcId: "my-vpc" } },
    ["`network.vpcId`: set an ID such as vpc-0a1b2c3d4e5f60718"],
  ],
  [
    "a VPC ID that lacks digits",
    { network: { ...network, vpcId: "vpc-0a1b2c3d4e5f6071" } },
    ["`network.vpcId`: set an ID such as vpc-0a1b2c3d4e5f60718"],
  ],
  ["no VPC", { network: { subnetIds: network.subnetIds } }, ["`network.vpcId`: is missing"]],
  [
    "no subnets",
    { network: { ...network, subnetIds: [] } },
    ["`network.subnetIds`: set two subnets in different Availability Zones"],
  ],
  [
    "an invalid subnet ID",
    { network: { ...network, subnetIds: ["subnet-0a1b2c3d", "10.0.0.0/24"] } },
    ["`network.subnetIds[1]`: set an ID such as subnet-0a1b2c3d4e5f60718"],
  ],
  [
    "a subnet twice",
    { network: { ...network, subnetIds: ["subnet-0a1b2c3d", "subnet-0a1b2c3d"] } },
    ["`network.subnetIds`: must not contain duplicates"],
  ],
  [
    "an invalid endpointSecurityGroupId",
    { network: { ...network, endpointSecurityGroupId: "vpce-0a1b2c3d" } },
    ["`network.endpointSecurityGroupId`: set an ID such as sg-0a1b2c3d4e5f60718"],
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
    "a secret name with a space",
    db({ secretName: "app db" }),
    ["`databases[0].secretName`: set 1 to 512 letters, digits and /_+=.@!-"],
  ],
  [
    "a secretArn of another service",
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
    "a username that PostgreSQL would truncate",
    db({ username: "ü".repeat(32) }),
    ["`databases[0].username`: set at most 63 bytes"],
  ],
  [
    "a username without space for `_clone`",
    db({ strategy: "alternating-users", username: "ü".repeat(29) }),
    ["`databases[0].username`: set at most 57 bytes for `alternating-users`: the function adds `_clone`"],
  ],
  ["port 0", db({ port: 0 }), ["`databases[0].port`: set 1 to 65535"]],
  ["port 70000", db({ port: 70000 }), ["`databases[0].port`: set 1 to 65535"]],
  ["a port that is a string", db({ port: "5432" }), ["`databases[0].port`: set a whole number from 1 to 65535"]],
  [
    "an unknown strategy",
    db({ strategy: "alternating" }),
    ["`databases[0].strategy`: set single-user or alternating-users"],
  ],
  [
    "alternating-users without an administrator",
    { ...db({ strategy: "alternating-users", adminSecretArn: undefined }), passwords: { "app/db": "x" } },
    ["`databases[0].adminSecretArn`: is missing: `alternating-users` needs an administrator"],
  ],
  [
    "an adminSecretArn that is the rotated secret",
    db({ secretName: undefined, secretArn: adminSecretArn }),
    ["`databases[0].adminSecretArn`: must not be the rotated secret itself"],
  ],
  [
    "an adminSecretArn that is too long for a tag",
    db({ adminSecretArn: adminSecretArn.replace("admin", "x".repeat(200)) }),
    ["`databases[0].adminSecretArn`: set an ARN of at most 256 characters"],
  ],
  [
    "a role name that a tag does not allow",
    db({ memberOf: ["app owner"] }),
    ["`databases[0].memberOf[0]`: set a role name of letters, digits and _.:/=+@-"],
  ],
  [
    "more roles than a tag can hold",
    db({ memberOf: Array.from({ length: 5 }, () => "r".repeat(60)) }),
    ["`databases[0].memberOf`: set at most 256 characters in total"],
  ],
  [
    "a database without securityGroupId and cidr",
    db({ securityGroupId: undefined }),
    ["`databases[0].securityGroupId`: set either `securityGroupId` or `cidr`"],
  ],
  [
    "0.0.0.0/0",
    db({ securityGroupId: undefined, cidr: "0.0.0.0/0" }),
    ["`databases[0].cidr`: must not be the whole internet: set the addresses of the database"],
  ],
  [
    "a cidr without a prefix length",
    db({ securityGroupId: undefined, cidr: "10.0.0.0" }),
    ["`databases[0].cidr`: set addresses such as 10.1.2.0/24"],
  ],
  [
    "two databases with one secret",
    { databases: [database, database] },
    ["`databases[1]`: `app/db` is already the secret of databases[0]"],
  ],
  [
    "a password without a secret",
    { passwords: { "app/dbb": "x" } },
    ["`passwords.app/dbb`: no database has a secret with this name"],
  ],
  [
    "an adminSecretArn without the six random characters",
    db({ adminSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin" }),
    [
      "`databases[0].adminSecretArn`: set an ARN such as arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf",
    ],
  ],
  [
    "two replicas in one region",
    db({ replicaRegions: ["eu-west-1", "eu-west-1"] }),
    ["`databases[0].replicaRegions`: set each region once"],
  ],
  [
    "a replica in an invalid region",
    db({ replicaRegions: ["Ireland"] }),
    ["`databases[0].replicaRegions[0]`: set a region such as eu-west-1"],
  ],
  [
    "replicas of an existing secret",
    db({ secretName: undefined, secretArn: adminSecretArn.replace("admin", "app"), replicaRegions: ["eu-west-1"] }),
    ["`databases[0].replicaRegions`: applies only to a secret that the stack creates: remove it"],
  ],
  [
    "a replica with a key of another region",
    db({ replicaRegions: [{ region: "eu-west-1", kmsKeyArn: "arn:aws:kms:eu-west-2:123456789012:key/a" }] }),
    ["`databases[0].replicaRegions[0].kmsKeyArn`: set a key of the replica's region"],
  ],
  [
    "replicas that are neither a region nor an object with a region",
    db({ replicaRegions: [5, { kmsKeyArn: "alias/x" }, { region: "eu-west-1", kmsKeyArm: "x" }] }),
    [
      "`databases[0].replicaRegions[0]`: set a region such as eu-west-1, or an object with `region` and `kmsKeyArn`",
      "`databases[0].replicaRegions[1].region`: is missing",
      "`databases[0].replicaRegions[1].kmsKeyArn`: set an ARN such as arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…",
      "`databases[0].replicaRegions[2]`: unknown key `kmsKeyArm`; did you mean `kmsKeyArn`?",
    ],
  ],
  [
    "an existing secret with an administrator and without host and username",
    db({ secretName: undefined, secretArn, host: undefined, username: undefined }),
    [
      "`databases[0].host`: is missing: with `adminSecretArn`, set the host of the user that the administrator may change",
      "`databases[0].username`: is missing: with `adminSecretArn`, set the user that the administrator may change",
    ],
  ],
  [
    "an existing secret with a host and without a username",
    db({ secretName: undefined, secretArn, adminSecretArn: undefined, username: undefined }),
    ["`databases[0].username`: is missing: set both `host` and `username`, or neither"],
  ],
  [
    "an existing secret with a username and without a host",
    db({ secretName: undefined, secretArn, adminSecretArn: undefined, host: undefined }),
    ["`databases[0].host`: is missing: set both `host` and `username`, or neither"],
  ],
  [
    "a dbname for an existing secret",
    db({ secretName: undefined, secretArn, dbname: "app" }),
    ["`databases[0].dbname`: applies only to a secret that the stack creates: remove it"],
  ],
  [
    "alternating-users with the name of the clone",
    db({ strategy: "alternating-users", username: "app_clone" }),
    ["`databases[0].username`: ends in `_clone`: set the name without `_clone`, which the function adds"],
  ],
  [
    "a username with a control character",
    db({ username: "a\u0000b" }),
    ["`databases[0].username`: set a name without control characters"],
  ],
  [
    "a host that is too long for a tag",
    db({ host: "h".repeat(251) }),
    ["`databases[0].host`: set at most 250 characters"],
  ],
  [
    "an existing secret that the stack would also create",
    { databases: [database, { ...database, secretName: undefined, username: "other", secretArn: appArn }] },
    ["`databases[1]`: `app/db` is already the secret of databases[0]"],
  ],
  [
    "two secrets for one user",
    { databases: [database, { ...database, secretName: "app/again", host: "DB.example.com" }] },
    ["`databases[1]`: `app@db.example.com:5432` is already rotated by the secret of databases[0]"],
  ],
  [
    "a secret for the clone of another secret's user",
    {
      databases: [
        { ...database, strategy: "alternating-users" },
        { ...database, secretName: "app/clone", username: "app_clone" },
      ],
    },
    ["`databases[1]`: `app_clone@db.example.com:5432` is already rotated by the secret of databases[0]"],
  ],
  [
    "more administrators than a policy can list",
    {
      databases: Array.from({ length: 60 }, (_, i) => ({
        ...database,
        secretName: `app/db-${i}`,
        host: `db-${i}.example.com`,
        adminSecretArn: adminSecretArn.replace("admin", `rds!db-0a1b2c3d-${i}`),
      })),
    },
    [
      "`databases`: an IAM policy cannot list 60 administrators' secrets and 0 additional keys: share administrators, or split the databases over several stacks",
    ],
  ],
  [
    "ARNs of another region than the stack's",
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
      "`databases[0].adminSecretArn`: is in eu-north-1, and the stack is in us-east-1: set an ARN of us-east-1",
      "`databases[0].secretArn`: is in eu-central-1, and the stack is in us-east-1: set an ARN of us-east-1",
      "`kmsKeyArn`: is in eu-west-1, and the stack is in us-east-1: set an ARN of us-east-1",
      "`additionalKmsKeyArns[1]`: is in eu-west-2, and the stack is in us-east-1: set an ARN of us-east-1",
    ],
  ],
  [
    "a secret that RDS manages as the rotated secret",
    db({ secretName: undefined, secretArn: adminSecretArn.replace("admin", "rds!cluster-0a1b2c3d") }),
    [
      "`databases[0].secretArn`: the service `rds` manages and rotates this secret: remove the database, or set the secret as `adminSecretArn` of another user",
    ],
  ],
  [
    "a secret name with the prefix of a managed secret",
    db({ secretName: "rds!db" }),
    ["`databases[0].secretName`: AWS services give the names of their own secrets a `!`: set a name without `!`"],
  ],
  [
    "an adminSecretArn whose name is that of the created secret",
    db({ secretName: "admin" }),
    ["`databases[0].adminSecretArn`: must not be the rotated secret itself"],
  ],
  [
    "the reader endpoint of a cluster",
    db({ host: "app.cluster-ro-abcdefghijkl.us-east-1.rds.amazonaws.com" }),
    [
      "`databases[0].host`: is a reader endpoint, which accepts no changes: set app.cluster-abcdefghijkl.us-east-1.rds.amazonaws.com",
    ],
  ],
  [
    "a custom endpoint of a cluster",
    db({ host: "reports.cluster-custom-abcdefghijkl.us-east-1.rds.amazonaws.com" }),
    ["`databases[0].host`: is a custom endpoint, which may lead to a reader: set the cluster's writer endpoint"],
  ],
  ...[
    "app.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com",
    "ro.endpoint.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com",
  ].map((host): [string, Record<string, unknown>, string[]] => [
    `the endpoint ${host} of an RDS Proxy`,
    db({ host }),
    [
      "`databases[0].host`: is the endpoint of an RDS Proxy, which does not forward the function's session settings: set the endpoint of the database itself",
    ],
  ]),
  ...["::1", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5432", "fe80::1%eth0", "::ffff:10.0.0.1"].map(
    (host): [string, Record<string, unknown>, string[]] => [
      `the IPv6 address ${host} as a host`,
      db({ host }),
      [
        "`databases[0].host`: is an IPv6 address: the function connects by IPv4 and checks the name in the certificate: set a host name",
      ],
    ],
  ),
  [
    "an IPv6 range",
    db({ securityGroupId: undefined, cidr: "2001:db8::/64" }),
    ["`databases[0].cidr`: is an IPv6 range, and the function connects by IPv4: set addresses such as 10.1.2.0/24"],
  ],
  [
    "a cidr that does not begin with the first address of its range",
    db({ securityGroupId: undefined, cidr: "10.1.2.77/20" }),
    ["`databases[0].cidr`: is not the first address of its range: set 10.1.0.0/20"],
  ],
  [
    "a role in memberOf that PostgreSQL would truncate",
    db({ memberOf: ["owner", "r".repeat(64)] }),
    ["`databases[0].memberOf[1]`: set at most 63 bytes"],
  ],
  [
    "memberOf without an administrator",
    { ...db({ memberOf: ["owner"], adminSecretArn: undefined }), passwords: { "app/db": "x" } },
    [
      "`databases[0].memberOf`: needs `adminSecretArn`: only an administrator creates users. Remove it, or set `adminSecretArn`",
    ],
  ],
  [
    "a role of PostgreSQL as the user",
    db({ username: "pg_monitor" }),
    ["`databases[0].username`: PostgreSQL reserves names with the prefix `pg_`: set a login role"],
  ],
  [
    "a dbname that PostgreSQL would truncate",
    db({ dbname: "d".repeat(64) }),
    ["`databases[0].dbname`: set at most 63 bytes"],
  ],
  [
    "more databases than a security group has rules",
    {
      databases: Array.from({ length: 60 }, (_, i) => ({
        ...database,
        ...{ secretName: `app/db-${i}`, host: `db-${i}.example.com`, securityGroupId: `sg-0a1b2c${i + 10}` },
      })),
    },
    [
      "`databases`: 60 destinations need 61 rules, and a security group holds 60: set one `cidr` for several databases, or split the databases over several stacks",
    ],
  ],
  [
    "more subnets than a function can have",
    { network: { ...network, subnetIds: Array.from({ length: 17 }, (_, i) => `subnet-0a1b2c${i + 10}`) } },
    ["`network.subnetIds`: set at most 16 subnets, the maximum of a Lambda function"],
  ],
  [
    "the password of an existing secret",
    { ...db({ secretName: undefined, secretArn }), passwords: { "legacy/db": "x" } },
    ["`passwords.legacy/db`: the secret exists, and its value is not written: remove it"],
  ],
  [
    "ARNs of another partition than the stack's",
    {
      "aws:region": "us-gov-west-1",
      kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:key/a",
      ...db({
        adminSecretArn: adminSecretArn.replace("arn:aws:", "arn:aws-us-gov:").replace("us-east-1", "us-gov-east-1"),
      }),
    },
    [
      "`databases[0].adminSecretArn`: is in us-gov-east-1, and the stack is in us-gov-west-1: set an ARN of us-gov-west-1",
      "`kmsKeyArn`: is in partition aws, and the stack is in partition aws-us-gov: set an ARN of partition aws-us-gov",
    ],
  ],
  [
    "a replica in another partition, and a key of another partition",
    {
      "aws:region": "us-east-1",
      ...db({
        replicaRegions: [
          "us-gov-west-1",
          { region: "eu-west-1", kmsKeyArn: "arn:aws-cn:kms:eu-west-1:123456789012:key/a" },
        ],
      }),
    },
    [
      "`databases[0].replicaRegions[0]`: Secrets Manager cannot replicate from us-east-1 to us-gov-west-1: remove it",
      "`databases[0].replicaRegions[1].kmsKeyArn`: is in partition aws-cn, and the stack is in partition aws: set an ARN of partition aws",
    ],
  ],
  [
    "a port of a wrong type, and two secrets for one user",
    {
      databases: [
        { ...database, port: "5432" },
        { ...database, secretName: "app/again" },
      ],
    },
    [
      "`databases[0].port`: set a whole number from 1 to 65535",
      "`databases[1]`: `app@db.example.com:5432` is already rotated by the secret of databases[0]",
    ],
  ],
  [
    "a replica in the stack's own region",
    {
      "aws:region": "us-east-1",
      ...db({
        replicaRegions: ["us-east-1", { region: "eu-west-1", kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/a" }],
      }),
    },
    ["`databases[0].replicaRegions[0]`: us-east-1 is the region of the stack: remove it"],
  ],
  [
    "a host that ends in a dot",
    db({ host: "db.example.com." }),
    ["`databases[0].host`: ends in a dot, and certificates have no such name: set db.example.com"],
  ],
  ...["db..example.com", `${"d".repeat(64)}.example.com`, "db.-a.example.com", "db-.example.com"].map(
    (host): [string, Record<string, unknown>, string[]] => [
      `the host ${host}`,
      db({ host }),
      [
        "`databases[0].host`: is not a host name: each part between dots has 1 to 63 characters, and no hyphen at its ends",
      ],
    ],
  ),
  [
    "a host that is not an IPv4 address",
    db({ host: "10.0.0.500" }),
    ["`databases[0].host`: is not an IPv4 address: set a host name"],
  ],
  [
    "the reader endpoint of a cluster in another partition",
    db({ host: "app.cluster-ro-abcdefghijkl.rds.cn-north-1.amazonaws.com.cn" }),
    [
      "`databases[0].host`: is a reader endpoint, which accepts no changes: set app.cluster-abcdefghijkl.rds.cn-north-1.amazonaws.com.cn",
    ],
  ],
  [
    "a keyword of PostgreSQL as the user and as a role",
    db({ username: "public", memberOf: ["none"] }),
    [
      "`databases[0].username`: PostgreSQL reserves this name: set the name of a role",
      "`databases[0].memberOf[0]`: PostgreSQL reserves this name: set the name of a role",
    ],
  ],
  [
    "the user in memberOf",
    db({ memberOf: ["app", "app_clone"], strategy: "alternating-users" }),
    [
      "`databases[0].memberOf`: must not contain app: a role cannot be a member of itself",
      "`databases[0].memberOf`: must not contain app_clone: a role cannot be a member of itself",
    ],
  ],
  [
    "an adminSecretArn that is a pattern",
    db({ adminSecretArn: adminSecretArn.replace("admin", "*") }),
    [
      "`databases[0].adminSecretArn`: set an ARN such as arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf",
    ],
  ],
  [
    "an RDS host of another region than the stack's",
    { "aws:region": "us-east-1", ...db({ host: "db.abcdefghijkl.eu-west-1.rds.amazonaws.com" }) },
    [
      "`databases[0].host`: is in eu-west-1, and the function trusts the RDS certificates of us-east-1: use a stack of eu-west-1, or set `databaseCa` to https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem",
    ],
  ],
];

/** A change to the only database of the valid configuration. */
export function db(change: object): Record<string, unknown> {
  return { databases: [{ ...database, ...change }] };
}
