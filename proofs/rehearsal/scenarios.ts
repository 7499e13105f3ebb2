import { randomBytes } from "node:crypto";
import type { Postgres } from "../../emulators/postgres/postgres";
import { accountId } from "../../emulators/pulumi/aws";
import { scramVerifier } from "../../rotation-fn/database/scramVerifier";
import type { StoredLogin } from "../world/testSecret";

/** The user that a secret's first value names. */
export interface FirstLogin extends StoredLogin {
  readonly dbname: string;
}

/** A way to rotate: the configuration of the stack, the content of the database, and the expected result. */
export interface RotationScenario {
  readonly summary: string;
  /** Configuration that overrides the stack's file. @param port of the database on this machine */
  config(port: number): Record<string, unknown>;
  /** The admin secret, with its ARN in the configuration. The service appends other random characters to the ARN. */
  readonly adminSecret?: { readonly name: string; readonly arn: string; readonly value: object };
  prepare(postgres: Postgres, login: FirstLogin): Promise<void>;
  /** Whether the login from before a rotation still works after it. */
  readonly previousLogsIn: boolean;
}

const admin = { username: "rds_admin", password: randomBytes(18).toString("base64url") };
const adminSecret = {
  name: "ananta/dev/admin",
  arn: `arn:aws:secretsmanager:us-east-1:${accountId}:secret:ananta/dev/admin-AbCdEf`,
  value: admin,
};
const owner = "app_owner";

/** A stack with an existing VPC, and an existing database in it. */
function existingDatabase(port: number, strategy: string): Record<string, unknown> {
  return {
    network: { vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"] },
    databases: [
      {
        secretName: "ananta/dev/control-plane-db",
        host: "localhost",
        port,
        dbname: "control_plane",
        username: "app",
        strategy,
        adminSecretArn: adminSecret.arn,
        memberOf: [owner],
        securityGroupId: "sg-0a1b2c3d",
      },
    ],
  };
}

/** An admin as RDS has it, no superuser, and a database that a role without LOGIN owns. */
async function prepareAdmin(postgres: Postgres, { dbname }: FirstLogin): Promise<void> {
  await inOrder(postgres, [
    `CREATE ROLE ${owner} NOLOGIN`,
    `CREATE DATABASE ${dbname} OWNER ${owner}`,
    `CREATE ROLE ${admin.username} LOGIN CREATEROLE PASSWORD '${await scramVerifier(admin.password)}'`,
    `GRANT ${owner} TO ${admin.username} WITH ADMIN OPTION`,
  ]);
}

async function inOrder(postgres: Postgres, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await postgres.query(statement);
}

export const rehearsalScenarios = {
  "single-user": {
    summary: "the user changes its own password, in the stack dev",
    config: () => ({}),
    async prepare(postgres, { username, password, dbname }) {
      // Like the master user in RDS: not a superuser, but with CREATEROLE.
      await inOrder(postgres, [
        `CREATE ROLE ${username} LOGIN CREATEROLE CREATEDB PASSWORD '${await scramVerifier(password)}'`,
        `CREATE DATABASE ${dbname} OWNER ${username}`,
      ]);
    },
    previousLogsIn: false,
  },
  "single-user-with-admin": {
    summary: "an administrator sets the password, and creates the user",
    config: (port) => existingDatabase(port, "single-user"),
    adminSecret,
    prepare: prepareAdmin,
    previousLogsIn: false,
  },
  "alternating-users": {
    summary: "two users alternate: no login is refused at any moment",
    config: (port) => existingDatabase(port, "alternating-users"),
    adminSecret,
    async prepare(postgres, login) {
      await prepareAdmin(postgres, login);
      const { username, password } = login;
      await inOrder(postgres, [
        `CREATE ROLE ${username} LOGIN PASSWORD '${await scramVerifier(password)}'`,
        `GRANT ${owner} TO ${username}`,
        `ALTER ROLE ${username} SET role TO ${owner}`,
        `GRANT ${username} TO ${admin.username} WITH ADMIN OPTION`,
      ]);
    },
    previousLogsIn: true,
  },
} as const satisfies Readonly<Record<string, RotationScenario>>;
