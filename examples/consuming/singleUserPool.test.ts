import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deployedSecret } from "../../proofs/world/deployedSecret";
import { singleUserPool } from "./singleUserPool";

describe("singleUserPool", () => {
  it("after a rotation: a new connection logs in with the new password", async () => {
    const secret = await deployedSecret();
    const { client, postgres } = secret.deployment;
    const { host, port, ca } = postgres;
    const options = { host, port, database: "postgres", user: secret.user, ssl: { ca }, maxUses: 1 };
    const pool = singleUserPool(client, secret.arn, options);
    const currentUser = async (): Promise<unknown> => (await pool.query("SELECT current_user")).rows[0]?.current_user;
    assert.equal(await currentUser(), secret.user);
    await secret.rotate();
    assert.equal(await currentUser(), secret.user);
    await pool.end();
  });
});

describe("docs/consuming.md", () => {
  const page = readFileSync(join(__dirname, "../../docs/consuming.md"), "utf8");

  it("shows the code of singleUserPool.ts, and no other program", () => {
    const programs = [...page.matchAll(/```(ts|js|python)\n([\s\S]+?)```/g)].map(([, language, code]) => [
      language,
      code,
    ]);
    assert.deepEqual(programs, [["ts", readFileSync(join(__dirname, "singleUserPool.ts"), "utf8")]]);
  });

  it("links to the tested clients", () => {
    for (const file of ["singleUserPool.ts", "rotatedPool.ts", "rotated.py", "go/rotated.go"])
      assert.ok(page.includes(`(../examples/consuming/${file})`), file);
  });
});
