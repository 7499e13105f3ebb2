import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { Client } from "pg";
import { freshLogin } from "../../proofs/world/sharedPostgres";
import { createAuthority } from "./certificates";
import { type Postgres, startPostgres } from "./postgres";

describe("startPostgres", () => {
  it("accepts a login over verified TLS with SCRAM", async () => {
    const { postgres, user, password, database } = await freshLogin();

    const client = await postgres.connect({ user, password, database });
    const { rows } = await client.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    await client.end();

    const stored = await postgres.query("SELECT rolpassword FROM pg_authid WHERE rolname = $1", [user]);
    assert.equal(rows[0].ssl, true);
    assert.match(stored.rows[0]?.rolpassword, /^SCRAM-SHA-256\$/);
  });

  it("when a client trusts another authority, the client refuses the server", async () => {
    const { postgres, user, password, database } = await freshLogin();
    const { certificatePem: ca } = await createAuthority();

    const client = new Client({ host: postgres.host, port: postgres.port, user, password, database, ssl: { ca } });

    await assert.rejects(client.connect(), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  });

  it("refuses plaintext connections", async () => {
    const { postgres, user, password, database } = await freshLogin();

    const client = new Client({ host: postgres.host, port: postgres.port, user, password, database, ssl: false });

    await assert.rejects(client.connect(), /no pg_hba.conf entry .* no encryption/);
  });

  it("canLogIn: returns false for a wrong password, and throws for a missing database", async () => {
    const { postgres, user, password, database } = await freshLogin();

    assert.equal(await postgres.canLogIn(user, password, database), true);
    assert.equal(await postgres.canLogIn(user, "wrong", database), false);
    await assert.rejects(postgres.canLogIn(user, password, "nowhere"), { code: "3D000" });
  });

  it("logs statements and logins", async () => {
    const { postgres, user, password, database } = await freshLogin();

    const client = await postgres.connect({ user, password, database });
    await client.query("SELECT 'seen in the log'");
    await client.end();
    const log = await postgres.completeLog();

    assert.match(log, /statement: SELECT 'seen in the log'/);
    assert.match(log, new RegExp(`connection authorized: user=${user}.*SSL enabled`));
  });

  describe("with a server of its own", () => {
    let postgres: Postgres;

    before(async () => {
      postgres = await startPostgres();
    });

    after(() => postgres.stop());

    it("restart: keeps data and port", async () => {
      await postgres.query("CREATE TABLE kept AS SELECT 1 AS one");

      await postgres.restart();

      assert.equal((await postgres.query("SELECT one FROM kept")).rows[0]?.one, 1);
    });

    it("reload: applies another certificate", async () => {
      const login = { user: postgres.superuser, password: postgres.superuserPassword };

      await postgres.reload({ certificate: await postgres.authority.issue({ hostnames: ["db.example.com"] }) });
      await assert.rejects(postgres.connect(login), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });

      await postgres.reload({ certificate: await postgres.authority.issue({ hostnames: ["localhost"] }) });
      await (await postgres.connect(login)).end();
    });

    it("reload: applies other lines of pg_hba.conf", async () => {
      await postgres.query("CREATE ROLE someone LOGIN PASSWORD 'p'");

      await postgres.reload({ hba: ["hostssl all someone all reject"] });

      assert.equal(await postgres.canLogIn("someone", "p"), false);
    });

    it("reload: when PostgreSQL does not know a setting, throws and names it", async () => {
      await assert.rejects(postgres.reload({ settings: { no_such_setting: 1 } }), /no_such_setting: /);
    });
  });

  it("when the server does not start, throws with the log's last lines", async () => {
    await assert.rejects(
      startPostgres({ settings: { shared_buffers: "1 parsec" } }),
      /did not start[\s\S]*shared_buffers/,
    );
  });

  it("stop: removes its data", async () => {
    const postgres = await startPostgres();

    await postgres.stop();

    assert.equal(existsSync(postgres.dataDir), false);
  });
});
