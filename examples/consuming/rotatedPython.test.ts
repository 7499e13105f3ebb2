import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { rotatedSecret } from "../../proofs/world/rotatedSecret";

/** For each line of input: opens a connection, and prints the current user. */
const client = `
import os, sys
sys.path.insert(0, sys.argv[1])
import boto3
from rotated import RotatedLogin
manager = boto3.client("secretsmanager", endpoint_url=os.environ["ENDPOINT"], region_name="us-east-1")
login = RotatedLogin(os.environ["SECRET"], manager, sslmode="verify-full", sslrootcert=os.environ["CA"])
for line in sys.stdin:
    with login.connect() as connection:
        print(connection.execute("SELECT current_user").fetchone()[0], flush=True)
`;

const python = process.env.PYTHON ?? "python3";

describe("rotated.py", () => {
  it("a login is refused after a rotation: the secret is read again, and the login succeeds", async function () {
    if (spawnSync(python, ["-c", "import boto3, psycopg"]).status !== 0) this.skip();
    const secret = await rotatedSecret();
    const child = spawn(python, ["-c", client, __dirname], {
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
    const answer = (): Promise<string> => {
      child.stdin.write("\n");
      return new Promise((resolve) => child.stdout.once("data", (data: Buffer) => resolve(data.toString().trim())));
    };
    try {
      assert.equal(await answer(), secret.user);
      await secret.rotate();
      assert.equal(await answer(), secret.user);
    } finally {
      child.kill();
    }
  });
});
