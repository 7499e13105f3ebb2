import assert from "node:assert/strict";
import type { PoolConfig } from "pg";
import { type DeployedSecret, deployedSecret } from "../../proofs/world/deployedSecret";
import { RotatedPool } from "./rotatedPool";

describe("RotatedPool", () => {
  let pool: RotatedPool;
  let secret: DeployedSecret;

  beforeEach(async () => {
    secret = await deployedSecret();
    pool = openPool();
  });
  afterEach(() => pool.end());

  const openPool = (options: PoolConfig = {}): RotatedPool => {
    const { client, postgres } = secret.deployment;
    return new RotatedPool(client, secret.arn, { ssl: { ca: postgres.ca }, max: 3, ...options });
  };
  /** A rotation does not affect open connections: only a pool that opens new ones has to log in again. */
  const usePoolWithoutReuse = async (): Promise<void> => {
    await pool.end();
    pool = openPool({ maxUses: 1 });
    await currentUser();
  };

  const currentUser = async (): Promise<string> => {
    const { rows } = await pool.query<{ user: string }>('SELECT current_user AS "user"');
    return rows[0]?.user ?? "";
  };
  const reads = (): number =>
    secret.deployment.service.calls.filter((operation) => operation === "GetSecretValue").length;

  it("open connections after a rotation: are still used, and the secret is not read again", async () => {
    await currentUser();
    await secret.rotate();
    const before = reads();
    assert.equal(await currentUser(), secret.user);
    assert.equal(reads(), before);
  });

  it("several logins are refused: the secret is read again once, and all statements succeed", async () => {
    await usePoolWithoutReuse();
    await secret.rotate();
    const before = reads();
    const users = await Promise.all(Array.from({ length: 20 }, currentUser));
    assert.deepEqual(new Set(users), new Set([secret.user]));
    assert.equal(reads() - before, 1);
  });

  it("a login between setSecret and finishSecret: succeeds after AWSCURRENT moves", async () => {
    await usePoolWithoutReuse();
    let answer: Promise<string> | undefined;
    await secret.rotate({
      after: async ({ Step }) => {
        if (Step !== "setSecret") return false;
        answer = currentUser();
        // Time for a first attempt, which must fail.
        await new Promise((resolve) => setTimeout(resolve, 150));
        return false;
      },
    });
    assert.equal(await answer, secret.user);
  });

  it("the secret cannot be read: the next statement reads it again", async () => {
    const { service } = secret.deployment;
    service.setHooks({
      before: () => ({ kind: "error", type: "AccessDeniedException", message: "Access to KMS is not allowed" }),
    });
    await assert.rejects(currentUser(), { name: "AccessDeniedException" });
    service.setHooks();
    assert.equal(await currentUser(), secret.user);
  });

  it("transaction: a login is refused: the transaction runs once, with the current secret", async () => {
    await usePoolWithoutReuse();
    await secret.rotate();
    let runs = 0;
    const answer = await pool.transaction(async (connection) => {
      runs++;
      await connection.query("CREATE TEMPORARY TABLE t AS SELECT 1 AS n");
      return (await connection.query("SELECT n FROM t")).rows;
    });
    assert.deepEqual([answer, runs], [[{ n: 1 }], 1]);
  });

  it("transaction: a statement fails, and the error is caught: the transaction is rolled back, and reported", async () => {
    const ignored = pool.transaction((connection) => connection.query("SELECT 1/0").catch(() => undefined));
    await assert.rejects(ignored, /rolled back/);
  });

  it("transaction: a statement fails: the next statement is outside of the transaction", async () => {
    await pool.end();
    pool = openPool({ max: 1 });
    await assert.rejects(
      pool.transaction((connection) => connection.query("SELECT 1/0")),
      { code: "22012" },
    );
    assert.equal(await currentUser(), secret.user);
  });

  it("a statement fails for another reason: is not repeated", async () => {
    await assert.rejects(pool.query("SELECT 1/0"), { code: "22012" });
  });
});
