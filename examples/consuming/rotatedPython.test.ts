import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rotatedSecret } from "../../proofs/world/rotatedSecret";

/** Connects, says who it is, and once more whenever it is asked to. */
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

describe("a consumer in Python", () => {
  it("reads the secret again when a log-in is refused", async function () {
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

  it("is what docs/consuming.md shows", () => {
    const doc = readFileSync(join(__dirname, "../../docs/consuming.md"), "utf8");
    const code = readFileSync(join(__dirname, "rotated.py"), "utf8");
    assert.equal(/```python\n([\s\S]+?)```/.exec(doc)?.[1], code);
  });
});
