import { spawn, spawnSync } from "node:child_process";
import { deployedSecret } from "../../proofs/world/deployedSecret";
import { staysLoggedIn } from "../testing/staysLoggedIn";

/** For each line of input: opens a connection, and prints the current user. */
const client = (connection: string): string => `
import os, sys
sys.path.insert(0, sys.argv[1])
import boto3
from rotated import RotatedLogin
manager = boto3.client("secretsmanager", endpoint_url=os.environ["ENDPOINT"], region_name="us-east-1")
login = RotatedLogin(os.environ["SECRET"], manager, sslmode="verify-full", sslrootcert=os.environ["CA"])
${connection}
for line in sys.stdin:
    print(user(), flush=True)
`;

const connections: Readonly<Record<string, string>> = {
  psycopg: `
def user():
    with login.connect() as connection:
        return connection.execute("SELECT current_user").fetchone()[0]`,
  psycopg_pool: `
from psycopg_pool import ConnectionPool
pool = ConnectionPool(kwargs=login.read, min_size=1, max_size=1, open=True)
def user():
    with pool.connection() as connection:
        user = connection.execute("SELECT current_user").fetchone()[0]
        connection.close()
        return user`,
  sqlalchemy: `
from sqlalchemy import create_engine, text
engine = create_engine("postgresql+psycopg://", creator=login.connect)
def user():
    with engine.connect() as connection:
        user = connection.execute(text("SELECT current_user")).scalar()
    engine.dispose()
    return user`,
};

const python = process.env.PYTHON ?? "python3";

describe("rotated.py", () => {
  for (const [library, connection] of Object.entries(connections)) {
    it(`${library}: after a rotation, a new connection logs in with the new password`, async function () {
      if (spawnSync(python, ["-c", `import boto3, psycopg, ${library}`]).status !== 0) this.skip();
      const secret = await deployedSecret();
      const child = spawn(python, ["-c", client(connection), __dirname], {
        stdio: ["pipe", "pipe", "inherit"],
        env: {
          ...process.env,
          ENDPOINT: secret.deployment.service.endpoint,
          SECRET: secret.arn,
          CA: process.env.NODE_EXTRA_CA_CERTS,
          AWS_ACCESS_KEY_ID: "local",
          AWS_SECRET_ACCESS_KEY: "local",
        },
      });
      await staysLoggedIn(child, secret);
    });
  }
});
