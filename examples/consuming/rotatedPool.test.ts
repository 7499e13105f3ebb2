import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PoolConfig } from "pg";
import { type RotatedSecret, rotatedSecret } from "../../proofs/world/rotatedSecret";
import { RotatedPool } from "./rotatedPool";

describe("a consumer of a rotated secret", () => {
  let pool: RotatedPool;
  let secret: RotatedSecret;

  beforeEach(async () => {
    secret = await rotatedSecret();
    pool = open();
  });
  afterEach(() => pool.end());

  const open = (options: PoolConfig = {}): RotatedPool => {
    const { client, postgres } = secret.deployment;
    return new RotatedPool(client, secret.arn, { ssl: { ca: postgres.ca }, max: 3, ...options });
  };
  /** A rotation leaves open connections alone: only who has to log in anew notices it. */
  const logInAnew = async (): Promise<void> => {
    await pool.end();
    pool = open({ maxUses: 1 });
    await whoAmI();
  };

  const whoAmI = async (): Promise<string> => {
    const { rows } = await pool.query<{ user: string }>('SELECT current_user AS "user"');
    return rows[0]?.user ?? "";
  };
  const reads = (): number =>
    secret.deployment.service.calls.filter(({ operation }) => operation === "GetSecretValue").length;

  it("goes on with the connections that it has, and reads the secret no second time", async () => {
    await whoAmI();
    await secret.rotate();
    const before = reads();
    assert.equal(await whoAmI(), secret.user);
    assert.equal(reads(), before);
  });

  it("reads the secret again when a log-in is refused, once for all that are refused", async () => {
    await logInAnew();
    await secret.rotate();
    const before = reads();
    const users = await Promise.all(Array.from({ length: 20 }, whoAmI));
    assert.deepEqual(new Set(users), new Set([secret.user]));
    assert.equal(reads() - before, 1);
  });

  it("waits out the moment between the change in the database and the new AWSCURRENT", async () => {
    await logInAnew();
    let answer: Promise<string> | undefined;
    await secret.rotate({
      after: async ({ Step }) => {
        if (Step !== "setSecret") return false;
        answer = whoAmI();
        // Long enough for a first attempt that can't succeed.
        await new Promise((resolve) => setTimeout(resolve, 150));
        return false;
      },
    });
    assert.equal(await answer, secret.user);
  });

  it("reads the secret again at the next statement when it could not be read", async () => {
    const { service } = secret.deployment;
    service.setHooks({
      before: () => ({ kind: "error", type: "AccessDeniedException", message: "Access to KMS is not allowed" }),
    });
    await assert.rejects(whoAmI(), { name: "AccessDeniedException" });
    service.setHooks();
    assert.equal(await whoAmI(), secret.user);
  });

  it("repeats nothing that failed for another reason", async () => {
    await assert.rejects(pool.query("SELECT 1/0"), { code: "22012" });
  });

  it("is what docs/consuming.md shows", () => {
    const doc = readFileSync(join(__dirname, "../../docs/consuming.md"), "utf8");
    const code = readFileSync(join(__dirname, "rotatedPool.ts"), "utf8");
    const [, shown] = /```ts\n(import { setTimeout[\s\S]+?)```/.exec(doc) ?? [];
    assert.equal(shown, code);
  });
});
