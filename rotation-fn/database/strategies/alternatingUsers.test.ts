import assert from "node:assert/strict";
import { type PendingRotation, pendingRotation, randomPassword } from "../../../proofs/world/pendingRotation";
import { freshLogin } from "../../../proofs/world/sharedPostgres";

/** A user with a shared owner, as docs/strategies.md sets it up, and an admin that is no superuser. */
async function begin(): Promise<
  PendingRotation & {
    readonly app: string;
    readonly owner: string;
    sql(text: string): Promise<Record<string, unknown>[]>;
  }
> {
  const login = await freshLogin();
  const { postgres, user: app, database } = login;
  const owner = `${app}_owner`;
  const admin = await freshLogin("CREATEROLE");
  for (const statement of [
    `CREATE ROLE ${owner} NOLOGIN`,
    `ALTER DATABASE ${database} OWNER TO ${owner}`,
    `GRANT ${owner} TO ${app}`,
    `ALTER ROLE ${app} SET role TO ${owner}`,
    `GRANT ${app}, ${owner} TO ${admin.user} WITH ADMIN OPTION`,
  ]) {
    await postgres.query(statement);
  }
  const rotation = await pendingRotation({
    login,
    strategy: "alternating-users",
    admin: { username: admin.user, password: admin.password },
  });
  return Object.assign(rotation, {
    app,
    owner,
    /** As the superuser, in the user's own database. */
    async sql(text: string) {
      const client = await postgres.connect({
        user: postgres.superuser,
        password: postgres.superuserPassword,
        database,
      });
      try {
        return [await client.query(text)].flat().at(-1)?.rows ?? [];
      } finally {
        await client.end();
      }
    },
  });
}

type Alternating = Awaited<ReturnType<typeof begin>>;

/** Runs SQL as the user of the version with this label. */
async function as(rotation: Alternating, stage: string, text: string): Promise<Record<string, unknown>[]> {
  const secret = await rotation.read(stage);
  const client = await rotation.login.postgres.connect({
    user: String(secret?.username),
    password: String(secret?.password),
    database: rotation.login.database,
  });
  try {
    return [await client.query(text)].flat().at(-1)?.rows ?? [];
  } finally {
    await client.end();
  }
}

async function rotate(rotation: Alternating, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) {
    if (rotation.labels().AWSCURRENT === rotation.token) await rotation.rotateAgain();
    await rotation.takeAll();
  }
}

describe("alternating-users", () => {
  let rotation: Alternating;

  beforeEach(async () => {
    rotation = await begin();
  });
  afterEach(() => rotation.close());

  it("lets the user and its clone take turns, and both log in after each rotation", async () => {
    const { app, read, logsIn } = rotation;
    for (const user of [`${app}_clone`, app, `${app}_clone`]) {
      await rotate(rotation);
      assert.equal((await read("AWSCURRENT"))?.username, user);
      assert.deepEqual([await logsIn("AWSCURRENT"), await logsIn("AWSPREVIOUS")], [true, true]);
    }
  });

  it("has both users log in at every moment of a rotation", async () => {
    await rotate(rotation);
    await rotation.rotateAgain();
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
      await rotation.take(step);
      assert.equal(await rotation.logsIn("AWSCURRENT"), true, `after ${step}`);
    }
  });

  it("keeps one owner for what either of them makes, usable by both, over five rotations", async () => {
    const tables: string[] = [];
    for (let i = 0; i < 5; i++) {
      await as(rotation, "AWSCURRENT", `CREATE TABLE made_${i} AS SELECT ${i} AS n`);
      tables.push(`made_${i}`);
      await rotate(rotation);
      for (const table of tables) {
        await as(rotation, "AWSCURRENT", `INSERT INTO ${table} VALUES (7); ALTER TABLE ${table} ADD COLUMN c${i} int`);
        await as(rotation, "AWSPREVIOUS", `SELECT count(*) FROM ${table}`);
      }
    }
    const owners = await rotation.sql(
      "SELECT DISTINCT tableowner::text AS owner FROM pg_tables WHERE tablename LIKE 'made_%'",
    );
    assert.deepEqual(owners, [{ owner: rotation.owner }]);
  });

  it("brings a privilege that was granted to the user between rotations to the other one at the next", async () => {
    const { sql, app, owner } = rotation;
    await sql(`CREATE SCHEMA shop AUTHORIZATION ${owner}; CREATE TABLE shop.orders (id int, note text);
      ALTER TABLE shop.orders OWNER TO ${owner}; CREATE ROLE ${app}_readers;
      GRANT ${app}_readers TO ${owner} WITH ADMIN OPTION;
      CREATE FUNCTION shop.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION shop.f() OWNER TO ${owner};
      REVOKE ALL ON FUNCTION shop.f() FROM public; CREATE SEQUENCE shop.s; ALTER SEQUENCE shop.s OWNER TO ${owner}`);
    await rotate(rotation);
    // Granted to the clone, whose turn it is.
    await sql(`GRANT USAGE ON SCHEMA shop TO ${app}_clone; GRANT SELECT, UPDATE (note) ON shop.orders TO ${app}_clone;
      GRANT EXECUTE ON FUNCTION shop.f() TO ${app}_clone; GRANT USAGE ON SEQUENCE shop.s TO ${app}_clone WITH GRANT OPTION`);
    await rotate(rotation);
    const own = async (role: string): Promise<unknown[]> =>
      sql(`SELECT o.object, a.privilege_type, a.is_grantable FROM (
          SELECT nspname AS object, nspacl AS acl FROM pg_namespace
          UNION ALL SELECT relname, relacl FROM pg_class
          UNION ALL SELECT attname, attacl FROM pg_attribute
          UNION ALL SELECT proname, proacl FROM pg_proc) o, aclexplode(o.acl) a
        WHERE a.grantee = '${role}'::regrole ORDER BY 1, 2`);
    assert.deepEqual(await own(app), [
      { object: "f", privilege_type: "EXECUTE", is_grantable: false },
      { object: "note", privilege_type: "UPDATE", is_grantable: false },
      { object: "orders", privilege_type: "SELECT", is_grantable: false },
      { object: "s", privilege_type: "USAGE", is_grantable: true },
      { object: "shop", privilege_type: "USAGE", is_grantable: false },
    ]);
    // And what is taken from the one in use is taken from the other.
    await sql(`REVOKE SELECT ON shop.orders FROM ${app}`);
    await rotate(rotation);
    assert.deepEqual(await own(`${app}_clone`), await own(app));
  });

  it("gives and takes default privileges as the user in use has them", async () => {
    const { sql, app, owner } = rotation;
    await sql(`CREATE SCHEMA shop AUTHORIZATION ${owner}`);
    const defaults = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA shop`;
    await sql(`${defaults} GRANT SELECT, UPDATE ON TABLES TO ${app} WITH GRANT OPTION`);
    await rotate(rotation);
    const own = async (role: string): Promise<unknown[]> =>
      sql(`SELECT d.defaclobjtype, a.privilege_type, a.is_grantable FROM pg_default_acl d, aclexplode(d.defaclacl) a
        WHERE a.grantee = '${role}'::regrole ORDER BY 1, 2`);
    assert.deepEqual(await own(`${app}_clone`), [
      { defaclobjtype: "r", privilege_type: "SELECT", is_grantable: true },
      { defaclobjtype: "r", privilege_type: "UPDATE", is_grantable: true },
    ]);
    await sql(`${defaults} REVOKE SELECT ON TABLES FROM ${app}_clone;
      ${defaults} REVOKE GRANT OPTION FOR UPDATE ON TABLES FROM ${app}_clone`);
    await rotate(rotation);
    assert.deepEqual(await own(app), [{ defaclobjtype: "r", privilege_type: "UPDATE", is_grantable: false }]);
  });

  it("syncs memberships with their options, settings, connection limit and validity", async () => {
    const { sql, app, owner, login } = rotation;
    await rotate(rotation, 2);
    await sql(`CREATE ROLE "${app} Readers"; GRANT "${app} Readers" TO ${owner} WITH ADMIN OPTION`);
    const admin = (
      await sql(
        `SELECT m.member::regrole::text AS name FROM pg_auth_members m WHERE m.roleid = '${app}'::regrole AND m.admin_option`,
      )
    ).map(({ name }) => String(name));
    for (const name of admin) await sql(`GRANT "${app} Readers" TO ${name} WITH ADMIN OPTION`);
    await sql(`GRANT "${app} Readers" TO ${app} WITH INHERIT FALSE, SET TRUE;
      ALTER ROLE ${app} CONNECTION LIMIT 7 VALID UNTIL '2100-01-01 00:00:00+00';
      ALTER ROLE ${app} SET search_path TO "$user", shop, 'Odd Name';
      ALTER ROLE ${app} SET statement_timeout TO '5s';
      ALTER ROLE ${app} IN DATABASE ${login.database} SET work_mem TO '8MB'`);
    await rotate(rotation);
    const of = (role: string): Promise<Record<string, unknown>[]> =>
      sql(`SELECT rolconnlimit, rolvaliduntil::text, rolinherit,
        (SELECT array_agg(DISTINCT format('%s %s %s', m.roleid::regrole, m.inherit_option, m.set_option)) FROM pg_auth_members m WHERE m.member = r.oid)::text AS members,
        (SELECT array_agg(format('%s %s', s.setdatabase, c) ORDER BY s.setdatabase, c) FROM pg_db_role_setting s, unnest(s.setconfig) c WHERE s.setrole = r.oid)::text AS settings
        FROM pg_roles r WHERE rolname = '${role}'`);
    const clone = await of(`${app}_clone`);
    assert.deepEqual(clone, await of(app));
    assert.match(String(clone[0]?.settings), /Odd Name/);
    assert.match(String(clone[0]?.members), /Readers/);
    // And back again: what the one in use loses, the other loses.
    await sql(
      `REVOKE "${app} Readers" FROM ${app}_clone; ALTER ROLE ${app}_clone RESET statement_timeout; ALTER ROLE ${app}_clone CONNECTION LIMIT -1`,
    );
    await rotate(rotation);
    assert.deepEqual(await of(app), await of(`${app}_clone`));
  });

  it("gives the clone no way to the first user's password, and no more than that one may", async () => {
    const { app } = rotation;
    await rotate(rotation);
    for (const attempt of [
      `ALTER ROLE ${app} PASSWORD '${randomPassword()}'`,
      `RESET ROLE; ALTER ROLE ${app} PASSWORD '${randomPassword()}'`,
      `SET ROLE ${app}`,
      `CREATE ROLE ${app}_evil`,
    ]) {
      await assert.rejects(as(rotation, "AWSCURRENT", attempt), { code: "42501" }, attempt);
    }
    assert.equal(await rotation.logsIn("AWSPREVIOUS"), true);
  });

  it("refuses a user whose objects would belong to whichever of the two made them", async () => {
    const { app, sql } = rotation;
    await sql(`ALTER ROLE ${app} RESET role`);
    await sql(`GRANT CREATE ON SCHEMA public TO ${app}`);
    await rotation.take("createSecret");
    await assert.rejects(rotation.take("setSecret"), { code: "OwnerMissing", message: /_clone could not use them/ });
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
  });

  it("does nothing new when a step is repeated", async () => {
    await rotation.take("createSecret");
    await rotation.take("setSecret");
    await rotation.take("setSecret");
    assert.equal(await rotation.logsIn("AWSPENDING"), true);
    await rotation.take("testSecret");
    await rotation.take("finishSecret");
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
  });
});
