import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Postgres, startPostgres } from "../../../emulators/postgres/postgres";
import { pendingRotation } from "../../../proofs/world/pendingRotation";
import { type FreshLogin, randomPassword, sharedPostgres } from "../../../proofs/world/sharedPostgres";

/** PostgreSQL installations of this machine: those in POSTGRES_BIN_DIRS, and the distribution's. */
function otherServers(): string[] {
  const debian = "/usr/lib/postgresql";
  const installed = existsSync(debian) ? readdirSync(debian).map((major) => join(debian, major, "bin")) : [];
  const named = (process.env.POSTGRES_BIN_DIRS ?? "").split(delimiter).filter(Boolean);
  return [...named, ...installed].filter((folder) => existsSync(join(folder, "initdb")));
}

/** A user with a shared owner and an administrator without SUPERUSER, as in docs/strategies.md. */
async function people(postgres: Postgres): Promise<{ login: FreshLogin; admin: object }> {
  const app = `app_${randomBytes(4).toString("hex")}`;
  const [password, adminPassword] = [randomPassword(), randomPassword()];
  for (const statement of [
    `CREATE ROLE ${app} LOGIN PASSWORD '${password}'`,
    `CREATE DATABASE ${app}`,
    `CREATE ROLE ${app}_owner NOLOGIN`,
    `ALTER DATABASE ${app} OWNER TO ${app}_owner`,
    `GRANT ${app}_owner TO ${app}`,
    `ALTER ROLE ${app} SET role TO ${app}_owner`,
    `CREATE ROLE ${app}_admin LOGIN CREATEROLE PASSWORD '${adminPassword}'`,
    `GRANT ${app}, ${app}_owner TO ${app}_admin WITH ADMIN OPTION`,
  ]) {
    await postgres.query(statement);
  }
  return {
    login: { postgres, user: app, password, database: app },
    admin: { username: `${app}_admin`, password: adminPassword },
  };
}

function rotatesEveryWay(start: () => Promise<Postgres>): void {
  let postgres: Postgres;

  before(async () => {
    postgres = await start();
  });
  after(() => postgres?.stop());

  it("single-user: rotates a user that changes its own password", async () => {
    const { login } = await people(postgres);
    const rotation = await pendingRotation({ login });
    await rotation.runSteps();
    assert.deepEqual([await rotation.logsIn("AWSCURRENT"), await rotation.logsIn("AWSPREVIOUS")], [true, false]);
    await rotation.close();
  });

  it("single-user with an administrator: rotates the user", async () => {
    const { login, admin } = await people(postgres);
    const rotation = await pendingRotation({ login, admin, strategy: "single-user" });
    await rotation.runSteps();
    assert.deepEqual([await rotation.logsIn("AWSCURRENT"), await rotation.logsIn("AWSPREVIOUS")], [true, false]);
    await rotation.close();
  });

  it("alternating-users: rotates both logins, which act as one shared owner", async () => {
    const { login, admin } = await people(postgres);
    const rotation = await pendingRotation({ login, admin, strategy: "alternating-users" });
    for (let i = 0; i < 3; i++) {
      if (i > 0) await rotation.rotateAgain();
      await rotation.runSteps();
      const { username, password } = (await rotation.read("AWSCURRENT")) ?? {};
      const client = await postgres.connect({
        user: String(username),
        password: String(password),
        database: login.database,
      });
      await client.query(`CREATE SCHEMA made_${i}`);
      const { rows } = await client.query("SELECT current_user::text AS owner");
      assert.deepEqual(rows, [{ owner: `${login.user}_owner` }]);
      await client.end();
    }
    assert.deepEqual([await rotation.logsIn("AWSCURRENT"), await rotation.logsIn("AWSPREVIOUS")], [true, true]);
    await rotation.close();
  });
}

for (const binDir of otherServers()) {
  describe(`PostgreSQL in ${binDir}`, () => {
    rotatesEveryWay(async () => startPostgres({ binDir, authority: (await sharedPostgres()).authority }));
  });
}

describe("a server with password_encryption = md5", () => {
  rotatesEveryWay(async () => {
    const postgres = await startPostgres({
      authority: (await sharedPostgres()).authority,
      settings: { password_encryption: "md5", md5_password_warnings: false },
    });
    await postgres.reload({ hba: ["hostssl all all all md5"] });
    return postgres;
  });
});
