import assert from "node:assert/strict";
import { escapeIdentifier } from "pg";
import { type Postgres, type PostgresLogin, queryAndEnd } from "../../emulators/postgres/postgres";
import { type PendingRotation, pendingRotation } from "../world/pendingRotation";
import { type CommandResult, runOps } from "../world/runOps";
import { type FreshLogin, freshOwner, freshRole, randomPassword } from "../world/sharedPostgres";
import type { StoredLogin } from "../world/testSecret";

/** A user and its clone as AWS's multi-user function leaves them: two roles, of which each owns what it made. */
interface AwsPair {
  readonly login: FreshLogin;
  readonly clone: string;
  readonly clonePassword: string;
  readonly admin: StoredLogin;
}

async function awsPair(): Promise<AwsPair> {
  const login = await freshOwner();
  const { postgres, user, password, database } = login;
  const [clone, clonePassword] = [`${user}_clone`, randomPassword()];
  const admin = await freshRole(postgres, "CREATEROLE");
  await postgres.query(`GRANT ${user} TO ${admin.username} WITH ADMIN OPTION`);
  // The statements of SecretsManagerRDSPostgreSQLRotationMultiUser, set_secret.
  await run(
    postgres,
    { user: admin.username, password: admin.password },
    `CREATE ROLE ${clone} WITH LOGIN PASSWORD '${clonePassword}'; GRANT ${user} TO ${clone}`,
  );
  await run(postgres, { user, password, database }, "CREATE TABLE of_user AS SELECT 1 AS n");
  // Applications have logged in as the clone, and created tables.
  await postgres.query(`GRANT CREATE ON DATABASE ${database} TO ${clone}`);
  await run(
    postgres,
    { user: clone, password: clonePassword, database },
    "CREATE SCHEMA of_clone; CREATE TABLE of_clone.orders AS SELECT 1 AS n",
  );
  return { login, clone, clonePassword, admin };
}

async function run(postgres: Postgres, login: PostgresLogin, sql: string): Promise<Record<string, unknown>[]> {
  return (await queryAndEnd(await postgres.connect(login), sql)).rows;
}

/**
 * The statements of AWS's multi-user function for one rotation: it alternates, and sets the password as the
 * administrator.
 */
async function rotateAsAws(rotation: PendingRotation, { login, admin, clone }: AwsPair): Promise<string> {
  const { postgres, user } = login;
  const current = await rotation.read("AWSCURRENT");
  const next = current?.username === clone ? user : clone;
  const password = randomPassword();
  const asAdmin = { user: admin.username, password: admin.password };
  await run(postgres, asAdmin, `ALTER ROLE ${escapeIdentifier(next)} WITH PASSWORD '${password}'`);
  await rotation.rotateAgain();
  await rotation.putPending({ username: next, password });
  await rotation.runStep("finishSecret");
  return next;
}

/** `npm run preflight` for the secret. */
function preflightOf({ service, secretId }: PendingRotation): Promise<CommandResult> {
  return runOps(["preflight", "--secret", secretId], {
    ...{ SECRETS_MANAGER_ENDPOINT: service.endpoint, AWS_REGION: "us-east-1" },
  });
}

for (const current of ["the user", "the clone"] as const) {
  describe(`a secret that AWS's multi-user function has rotated, with AWSCURRENT of ${current}`, () => {
    let pair: AwsPair;
    let rotation: PendingRotation;
    /** Runs SQL as the application does: with AWSCURRENT. */
    const asApplication = async (sql: string) => {
      const { username, password } = (await rotation.read("AWSCURRENT")) ?? {};
      const { postgres, database } = pair.login;
      return run(postgres, { user: String(username), password: String(password), database }, sql);
    };

    before(async () => {
      pair = await awsPair();
      const { login, admin, clone, clonePassword } = pair;
      rotation = await pendingRotation({
        ...{ login, admin, strategy: "alternating-users" },
        ...(current === "the clone" && { secret: { username: clone, password: clonePassword } }),
      });
    });
    after(() => rotation.close());

    it("the configuration test passes and changes nothing", async () => {
      assert.deepEqual(await rotation.testRotation(), ["done"]);
      assert.equal(await rotation.logsIn("AWSCURRENT"), true);
    });

    it("before the clone's objects are moved: preflight shows the SQL that moves them, whichever login is next", async () => {
      const { stdout, code } = await preflightOf(rotation);
      assert.equal(code, 1);
      assert.match(
        stdout,
        /^no .*owns objects or has privileges of its own[^\n]*\n +as "test_\w+_clone", in each database: SET ROLE NONE; REASSIGN/m,
      );
    });

    it("before the clone's objects are moved: a change of the clone is refused with the SQL that moves them", async () => {
      await rotation.rotateAgain();
      if (current === "the clone") {
        await rotation.runSteps();
        await rotation.rotateAgain();
      }
      await rotation.runStep("createSecret");
      await assert.rejects(rotation.runStep("setSecret"), (error: { code?: string; repair?: string }) => {
        assert.equal(error.code, "RoleRefused");
        assert.match(error.repair ?? "", /REASSIGN OWNED BY "?test_\w+_clone"? TO "?test_/);
        return true;
      });
      assert.equal(await rotation.logsIn("AWSCURRENT"), true);
    });

    it("after that: rotates three times, and each login owns and changes everything", async () => {
      const { login, clone, clonePassword } = pair;
      const { postgres, user, database } = login;
      const move = `SET ROLE NONE; REASSIGN OWNED BY ${clone} TO ${user}; DROP OWNED BY ${clone}`;
      await run(postgres, { user: clone, password: clonePassword, database }, move);
      await rotation.cancel();
      const names: unknown[] = [];
      for (let i = 0; i < 3; i++) {
        await rotation.rotateAgain();
        await rotation.runSteps();
        names.push((await rotation.read("AWSCURRENT"))?.username);
        await asApplication(
          `ALTER TABLE of_user ADD COLUMN c${i} int; ALTER TABLE of_clone.orders ADD COLUMN c${i} int; CREATE TABLE t${i} (n int)`,
        );
      }
      assert.deepEqual(names, [clone, user, clone]);
      const owners = await asApplication(
        "SELECT DISTINCT tableowner::text AS owner FROM pg_tables WHERE schemaname IN ('public', 'of_clone')",
      );
      assert.deepEqual(owners, [{ owner: user }]);
    });

    it("back to AWS's function: it rotates, and both logins can use the objects that were created in the meantime", async () => {
      const names: string[] = [];
      for (let i = 0; i < 2; i++) {
        names.push(await rotateAsAws(rotation, pair));
        assert.equal(await rotation.logsIn("AWSCURRENT"), true);
        await asApplication(`INSERT INTO of_clone.orders (n) VALUES (${i}); ALTER TABLE t0 ADD COLUMN back${i} int`);
      }
      assert.deepEqual(names, [pair.login.user, pair.clone]);
    });
  });
}
