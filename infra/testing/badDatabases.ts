const network = { vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"] };
const adminSecretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf";
const database = {
  secretName: "app/db",
  host: "db.example.com",
  username: "app",
  securityGroupId: "sg-0a1b2c3d",
  adminSecretArn,
};

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
    db({ username: "u".repeat(64) }),
    ["`databases[0].username`: set at most 63 characters"],
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
    ["`databases[0].replicaRegions`: one stands there twice"],
  ],
  [
    "a copy in no region",
    db({ replicaRegions: ["Ireland"] }),
    ["`databases[0].replicaRegions[0]`: set a region such as eu-west-1"],
  ],
  [
    "copies of somebody else's secret",
    db({ secretName: undefined, secretArn: adminSecretArn.replace("admin", "app"), replicaRegions: ["eu-west-1"] }),
    ["`databases[0].replicaRegions`: belongs to a secret that is made: leave it out"],
  ],
];

/** A change to the one database. */
export function db(change: object): Record<string, unknown> {
  return { databases: [{ ...database, ...change }] };
}
