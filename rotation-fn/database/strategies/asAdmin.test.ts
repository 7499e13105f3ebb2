import assert from "node:assert/strict";
import {
  DeleteSecretCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import type { Postgres } from "../../../emulators/postgres/postgres";
import {
  type PendingRotation,
  type PendingRotationOptions,
  pendingRotation,
} from "../../../proofs/world/pendingRotation";
import {
  freshLogin,
  freshOwner,
  freshRole,
  randomPassword,
  sharedPostgres,
} from "../../../proofs/world/sharedPostgres";

let rotation: PendingRotation;

/** An administrator as on RDS: no superuser, but with CREATEROLE and, from 16 on, ADMIN OPTION. */
async function begin(options: PendingRotationOptions = {}): Promise<PendingRotation & { readonly admin: string }> {
  const login = options.login ?? (await freshLogin());
  const admin = await freshRole(login.postgres, "CREATEROLE");
  const { rowCount } = await login.postgres.query(`SELECT FROM pg_roles WHERE rolname = '${login.user}'`);
  if (rowCount) await login.postgres.query(`GRANT ${login.user} TO ${admin.username} WITH ADMIN OPTION`);
  rotation = await pendingRotation({
    login,
    strategy: "single-user",
    admin,
    ...options,
  });
  return Object.assign(rotation, { admin: admin.username });
}

/** As {@link begin}, for a user that does not exist yet and will be a member of `owner`. */
async function beginWithout(
  options: PendingRotationOptions = {},
): Promise<{ readonly postgres: Postgres; readonly user: string; readonly owner: string }> {
  const { postgres, database, user: other } = await freshLogin();
  const user = `newcomer_${other.slice(5)}`;
  const owner = `${user}_owner`;
  await postgres.query(`CREATE ROLE ${owner}`);
  const login = { postgres, database, user, password: randomPassword() };
  const { admin } = await begin({ login, memberOf: [owner], ...options });
  await postgres.query(`GRANT ${owner} TO ${admin} WITH ADMIN OPTION`);
  return { postgres, user, owner };
}

afterEach(async () => {
  await rotation?.close();
});

describe("single-user with an admin secret", () => {
  it("when the admin secret contains only a user and a password, as on RDS, rotates", async () => {
    const { runSteps, logsIn } = await begin();
    await runSteps();
    assert.deepEqual([await logsIn("AWSCURRENT"), await logsIn("AWSPREVIOUS")], [true, false]);
  });

  it("when the stored password is wrong, sets a new one", async () => {
    const { login, logsIn } = await begin();
    await login.postgres.query(`ALTER ROLE ${login.user} PASSWORD '${randomPassword()}'`);
    assert.equal(await logsIn("AWSCURRENT"), false);
    await rotation.runSteps();
    assert.equal(await logsIn("AWSCURRENT"), true);
  });

  it("when the user does not exist, creates it with its memberships and nothing else", async () => {
    const { postgres, user, owner } = await beginWithout();
    await rotation.runSteps();
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
    const { rows } = await postgres.query(
      `SELECT r.rolsuper, r.rolcreaterole, r.rolcreatedb, array_agg(o.rolname::text) AS roles
       FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles o ON o.oid = m.roleid
       WHERE r.rolname = '${user}' GROUP BY 1, 2, 3`,
    );
    assert.deepEqual(rows, [{ rolsuper: false, rolcreaterole: false, rolcreatedb: false, roles: [owner] }]);
  });

  it("alternating-users: when the user does not exist, creates it and its clone", async () => {
    const { postgres, user, owner } = await beginWithout({ strategy: "alternating-users" });
    await rotation.runSteps();
    assert.equal((await rotation.read("AWSCURRENT"))?.username, `${user}_clone`);
    const { rows } = await postgres.query(
      `SELECT pg_has_role('${user}_clone', '${owner}', 'MEMBER') AS member, rolpassword FROM pg_authid WHERE rolname = '${user}'`,
    );
    assert.deepEqual(rows, [{ member: true, rolpassword: null }]);
    await rotation.rotateAgain();
    await rotation.runSteps();
    assert.deepEqual([await rotation.logsIn("AWSCURRENT"), await rotation.logsIn("AWSPREVIOUS")], [true, true]);
  });

  it("RoleRefused: when the user is the administrator, or has more privileges, no password changes", async () => {
    const { login, admin, adminSecretId = "", client } = await begin();
    const before = await login.postgres.query("SELECT rolname, rolpassword FROM pg_authid ORDER BY 1");
    await login.postgres.query(`ALTER ROLE ${login.user} SUPERUSER`);
    await rotation.runStep("createSecret");
    await assert.rejects(rotation.runStep("setSecret"), { code: "RoleRefused", message: /SUPERUSER/ });
    await login.postgres.query(`ALTER ROLE ${login.user} NOSUPERUSER`);
    await client.send(
      new PutSecretValueCommand({
        SecretId: adminSecretId,
        SecretString: JSON.stringify({ username: login.user, password: login.password }),
      }),
    );
    await assert.rejects(rotation.runStep("setSecret"), { code: "RoleRefused", message: /is the administrator/ });
    assert.ok(admin);
    assert.deepEqual(
      (await login.postgres.query("SELECT rolname, rolpassword FROM pg_authid ORDER BY 1")).rows,
      before.rows,
    );
  });

  it("TargetMismatch: when the admin secret is for another server, it is not used", async () => {
    const { admin, adminSecretId = "", client } = await begin();
    await client.send(
      new PutSecretValueCommand({
        SecretId: adminSecretId,
        SecretString: JSON.stringify({ engine: "postgres", host: "other.example.com", username: admin, password: "x" }),
      }),
    );
    await rotation.runStep("createSecret");
    await assert.rejects(rotation.runStep("setSecret"), { code: "TargetMismatch", message: /other\.example\.com/ });
  });

  it("when a role has the clone's name, truncated to 63 bytes, does not change it", async () => {
    const { postgres, database, user: start } = await freshLogin();
    const user = start.padEnd(58, "x");
    const other = `${user}_clone`.slice(0, 63);
    await postgres.query(
      `CREATE ROLE ${user} LOGIN; CREATE ROLE ${other} LOGIN PASSWORD 'kept'; GRANT ${user} TO ${other}`,
    );
    await begin({ login: { postgres, database, user, password: randomPassword() } });
    await rotation.runSteps();
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
    assert.equal(await postgres.canLogIn(other, "kept"), true);
  });

  it("when the user's database refuses changes, the administrator logs in to its own database and rotates", async () => {
    const { login, logsIn } = await begin({ login: await freshOwner() });
    await login.postgres.query(
      `ALTER DATABASE ${login.database} CONNECTION LIMIT 1; ALTER DATABASE ${login.database} SET default_transaction_read_only TO on`,
    );
    const blocker = await login.postgres.connect({
      user: login.user,
      password: login.password,
      database: login.database,
    });
    await rotation.runStep("createSecret");
    await rotation.runStep("setSecret");
    await blocker.end();
    assert.equal(await logsIn("AWSPENDING"), true);
  });

  it("when the tag names a new server, writes it to the secret's value", async () => {
    const { login, logsIn, read } = await begin({ secret: { host: "gone.example.com", port: 1 } });
    await rotation.runSteps();
    const { host, port } = (await read("AWSCURRENT")) ?? {};
    assert.deepEqual([host, port, await logsIn("AWSCURRENT")], [login.postgres.host, login.postgres.port, true]);
  });

  it("when the admin secret is being rotated, logs in with its pending password", async () => {
    const { admin, adminSecretId, client, login, logsIn } = await begin();
    const password = randomPassword();
    await login.postgres.query(`ALTER ROLE ${admin} PASSWORD '${password}'`);
    await client.send(
      new PutSecretValueCommand({
        SecretId: adminSecretId,
        SecretString: JSON.stringify({ username: admin, password }),
        VersionStages: ["AWSPENDING"],
      }),
    );
    await rotation.runSteps();
    assert.equal(await logsIn("AWSCURRENT"), true);
  });

  it("when the admin secret is promoted between two reads, reads it again", async () => {
    const { admin, adminSecretId = "", client, login, service, logsIn } = await begin();
    const password = randomPassword();
    const { VersionId } = await client.send(
      new PutSecretValueCommand({
        SecretId: adminSecretId,
        SecretString: JSON.stringify({ username: admin, password }),
        VersionStages: ["HELD"],
      }),
    );
    const before = [...service.store.find(adminSecretId).versions.values()].find(({ stages }) =>
      stages.has("AWSCURRENT"),
    );
    let moved = false;
    service.setHooks({
      after: async ({ operation, body }) => {
        if (operation !== "GetSecretValue" || body.SecretId !== adminSecretId || moved) return;
        moved = true;
        await login.postgres.query(`ALTER ROLE ${admin} PASSWORD '${password}'`);
        await client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: adminSecretId,
            VersionStage: "AWSCURRENT",
            MoveToVersionId: VersionId,
            RemoveFromVersionId: before?.id,
          }),
        );
      },
    });
    await rotation.runSteps();
    assert.equal(await logsIn("AWSCURRENT"), true);
  });

  it("AdminLoginRefused: when the administrator's password is wrong, the message names the admin secret", async () => {
    const { admin, login } = await begin();
    await login.postgres.query(`ALTER ROLE ${admin} PASSWORD '${randomPassword()}'`);
    await rotation.runStep("createSecret");
    await assert.rejects(rotation.runStep("setSecret"), { code: "AdminLoginRefused" });
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
  });

  it("when the admin secret does not exist, throws SecretNotFound, and the message names the admin secret", async () => {
    const { adminSecretId, client } = await begin();
    await rotation.runStep("createSecret");
    await client.send(new DeleteSecretCommand({ SecretId: adminSecretId, ForceDeleteWithoutRecovery: true }));
    await assert.rejects(rotation.runStep("setSecret"), { code: "SecretNotFound", message: /admin secret/ });
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
  });

  it("PermissionDenied: when the administrator may not change the user, the message has the SQL that grants it", async () => {
    const { admin, login } = await begin();
    await login.postgres.query(`REVOKE ${login.user} FROM ${admin}`);
    await rotation.runStep("createSecret");
    await assert.rejects(rotation.runStep("setSecret"), {
      code: "PermissionDenied",
      message: new RegExp(
        `${admin} does not have ADMIN OPTION on ${login.user} .*GRANT "${login.user}" TO "${admin}" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`,
      ),
    });
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
  });

  it("when a change succeeds or fails, PostgreSQL's log has neither verifier nor password", async () => {
    const postgres = await sharedPostgres();
    const { admin, login } = await begin();
    await rotation.runSteps();
    await login.postgres.query(`REVOKE ${login.user} FROM ${admin}`);
    await rotation.rotateAgain();
    await rotation.runStep("createSecret");
    await assert.rejects(rotation.runStep("setSecret"));
    const verifier = await login.postgres.query(`SELECT rolpassword FROM pg_authid WHERE rolname = '${login.user}'`);
    const whole = await postgres.completeLog();
    assert.match(whole, /current_setting\(/, "the statement itself is logged");
    assert.ok(!whole.includes(String(verifier.rows[0]?.rolpassword)));
    for (const stage of ["AWSCURRENT", "AWSPENDING"]) {
      assert.ok(!whole.includes(String((await rotation.read(stage))?.password)));
    }
  });
});
