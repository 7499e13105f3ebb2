import assert from "node:assert/strict";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { type PendingRotation, pendingRotation, randomPassword } from "../../../proofs/world/pendingRotation";
import { freshLogin } from "../../../proofs/world/sharedPostgres";
import { settingTags } from "../../secret/settings";

/** A user, and an administrator with what docs/strategies.md asks for and no more. */
async function begin(): Promise<
  PendingRotation & {
    readonly app: string;
    readonly admin: string;
    sql(text: string): Promise<Record<string, unknown>[]>;
  }
> {
  const login = await freshLogin();
  const { postgres, user: app, database } = login;
  const admin = await freshLogin("CREATEROLE");
  await postgres.query(`GRANT ${app} TO ${admin.user} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  const rotation = await pendingRotation({
    login,
    strategy: "alternating-users",
    admin: { username: admin.user, password: admin.password },
  });
  return Object.assign(rotation, {
    app,
    admin: admin.user,
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

  it("makes everything that either of them makes the user's, usable by both, over five rotations", async () => {
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
    assert.deepEqual(owners, [{ owner: rotation.app }]);
  });

  it("has the clone act as the user's shared owner, where the user does, for all databases or for one", async () => {
    const { sql, app, login } = rotation;
    await sql(`CREATE ROLE ${app}_owner; GRANT ${app}_owner TO ${app}; ALTER ROLE ${app} SET role TO ${app}_owner;
      ALTER ROLE ${app} IN DATABASE postgres SET role TO none; ALTER ROLE ${app} IN DATABASE template1 SET role TO nobody`);
    await rotate(rotation);
    const { username, password } = (await rotation.read("AWSCURRENT")) ?? {};
    const acts: unknown[] = [username];
    for (const database of [login.database, "postgres", "template1"]) {
      const client = await login.postgres.connect({ user: String(username), password: String(password), database });
      acts.push((await client.query("SELECT current_user::text AS name")).rows[0]?.name);
      await client.end();
    }
    // Of settings that can't be set, the next one holds: the server warns at log-in and goes on.
    assert.deepEqual(acts, [`${app}_clone`, `${app}_owner`, app, `${app}_owner`]);
  });

  it("makes connection limit, validity and settings of the clone those of the user, in each direction", async () => {
    const { sql, app, login } = rotation;
    await rotate(rotation);
    await sql(`ALTER ROLE ${app} CONNECTION LIMIT 7 VALID UNTIL '2100-01-01 00:00:00.25+00';
      ALTER ROLE ${app} SET search_path TO "$user", shop, 'Odd Name', 'we"ird', 'a,b';
      ALTER ROLE ${app} SET statement_timeout TO '5s';
      ALTER ROLE ${app} IN DATABASE ${login.database} SET work_mem TO '8MB'; ALTER ROLE ${app} SET temp_tablespaces TO '';
      ALTER ROLE ${app}_clone CONNECTION LIMIT 1; ALTER ROLE ${app}_clone SET lock_timeout TO '1s'`);
    await rotate(rotation);
    const of = (role: string): Promise<Record<string, unknown>[]> =>
      sql(`SELECT rolconnlimit, rolvaliduntil::text,
        (SELECT array_agg(format('%s %s', s.setdatabase, c) ORDER BY s.setdatabase, c) FROM pg_db_role_setting s, unnest(s.setconfig) c
          WHERE s.setrole = r.oid AND c NOT LIKE 'role=%')::text AS settings
        FROM pg_roles r WHERE rolname = '${role}'`);
    assert.deepEqual(await of(`${app}_clone`), await of(app));
    assert.match(String((await of(app))[0]?.settings), /Odd Name.*we.*ird/);
    await sql(`ALTER ROLE ${app} RESET ALL; ALTER ROLE ${app} IN DATABASE ${login.database} RESET ALL;
      ALTER ROLE ${app} CONNECTION LIMIT -1 VALID UNTIL 'infinity'`);
    await rotate(rotation);
    assert.deepEqual(await of(`${app}_clone`), [{ ...(await of(app))[0], rolvaliduntil: "infinity" }]);
    assert.deepEqual(rotation.warnings, []);
  });

  it("goes on, with a warning, where the user has a setting that the administrator may not set", async () => {
    const { sql, app } = rotation;
    await sql(`ALTER ROLE ${app} SET log_min_messages TO 'error'; ALTER ROLE ${app} SET work_mem TO '9MB';
      ALTER ROLE ${app} SET "app.user" TO 'x'`);
    await rotate(rotation);
    assert.match(rotation.warnings.join(), /app\.user, log_min_messages/);
    assert.ok(!rotation.warnings.join().includes("work_mem"));
    assert.deepEqual(await as(rotation, "AWSCURRENT", "SHOW work_mem"), [{ work_mem: "9MB" }]);
  });

  it("goes on, with a warning that says how to move them, where the clone has made things of its own", async () => {
    await rotate(rotation);
    await rotation.sql(`GRANT CREATE ON DATABASE ${rotation.login.database} TO ${rotation.app}_clone`);
    await as(rotation, "AWSCURRENT", "SET ROLE NONE; CREATE SCHEMA mine");
    await rotate(rotation, 2);
    assert.match(rotation.warnings.join(), /REASSIGN OWNED BY "\w+_clone" TO "\w+"/);
  });

  it("takes away what the clone was made a member of, other than the user", async () => {
    const { sql, app, admin } = rotation;
    await rotate(rotation);
    await sql(`CREATE ROLE ${app}_group; GRANT ${app}_group TO ${admin} WITH ADMIN OPTION`);
    await as(rotation, "AWSCURRENT", "SELECT 1");
    const client = await rotation.login.postgres.connect(await adminLogin(rotation));
    await client.query(`GRANT ${app}_group TO ${app}_clone`);
    await client.end();
    await rotate(rotation);
    assert.deepEqual(await sql(`SELECT pg_has_role('${app}_clone', '${app}_group', 'MEMBER') AS member`), [
      { member: false },
    ]);
  });

  const beforehand: [string, string, RegExp][] = [
    ["is another user", "", /is not a second login of \w+.*GRANT "\w+" TO "\w+_clone";/],
    ["owns something", "GRANT app TO clone; CREATE SCHEMA planted AUTHORIZATION clone", /owns objects.*REASSIGN OWNED/],
    ["has a privilege", "GRANT app TO clone; GRANT CREATE ON DATABASE db TO clone", /has privileges of its own/],
    [
      "is a member of others",
      "GRANT app TO clone; CREATE ROLE clone_group; GRANT clone_group TO clone",
      /REVOKE "\w+_clone_group" FROM/,
    ],
    [
      "has a member",
      "GRANT app TO clone; CREATE ROLE clone_maker; GRANT clone TO clone_maker",
      /REVOKE \w+_clone FROM \w+_clone_maker GRANTED BY/,
    ],
    ["has CREATEDB", "GRANT app TO clone; ALTER ROLE clone CREATEDB", /ALTER ROLE "\w+_clone" NOCREATEDB;/],
  ];
  for (const [what, plants, says] of beforehand) {
    it(`RoleRefused: a role of the clone's name that ${what} is left as it is`, async () => {
      const { sql, app, admin, login } = rotation;
      const named = plants
        .replaceAll("clone", `${app}_clone`)
        .replaceAll("app ", `${app} `)
        .replaceAll("db ", `${login.database} `);
      await sql(
        `CREATE ROLE ${app}_clone LOGIN; GRANT ${app}_clone TO ${admin} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; ${named}`,
      );
      const state = () => sql(`SELECT rolpassword, rolconnlimit FROM pg_authid WHERE rolname = '${app}_clone'`);
      const before = await state();
      await rotation.take("createSecret");
      await assert.rejects(rotation.take("setSecret"), { code: "RoleRefused", message: says });
      assert.deepEqual(await state(), before);
      assert.equal(await rotation.logsIn("AWSCURRENT"), true);
    });
  }

  for (const attribute of ["SUPERUSER", "REPLICATION"]) {
    it(`RoleRefused: a user with ${attribute} has no second login, and nothing is granted to repair that`, async () => {
      await rotation.sql(`ALTER ROLE ${rotation.app} ${attribute}`);
      await rotation.take("createSecret");
      await assert.rejects(rotation.take("setSecret"), { code: "RoleRefused", message: new RegExp(`NO${attribute};`) });
    });
  }

  it("RoleRefused: a user that somebody has locked stays locked, and its clone with it", async () => {
    await rotate(rotation);
    await rotation.sql(`ALTER ROLE ${rotation.app} NOLOGIN`);
    await rotation.rotateAgain();
    await rotation.take("createSecret");
    await assert.rejects(rotation.take("setSecret"), { code: "RoleRefused", message: /may not log in/ });
  });

  it("PermissionDenied: an administrator without ADMIN OPTION on the clone is told before anything is changed", async () => {
    const { sql, app, admin } = rotation;
    await sql(`CREATE ROLE ${app}_clone LOGIN; GRANT ${app} TO ${app}_clone`);
    await rotation.take("createSecret");
    await assert.rejects(rotation.take("setSecret"), {
      code: "PermissionDenied",
      message: new RegExp(`GRANT "${app}_clone" TO "${admin}" WITH ADMIN TRUE`),
    });
  });

  it("leaves no second login that works, once the secret is single-user", async () => {
    await rotate(rotation);
    const clone = (await rotation.read("AWSCURRENT")) ?? {};
    await rotation.tag({ [settingTags.strategy]: "single-user" });
    await rotation.rotateAgain();
    await rotation.takeAll();
    assert.equal((await rotation.read("AWSCURRENT"))?.username, rotation.app);
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
    const { postgres, database } = rotation.login;
    assert.equal(await postgres.canLogIn(String(clone.username), String(clone.password), database), false);
  });

  it("SecondLoginLeft: without its tags, neither the user nor its clone changes a password by itself", async () => {
    await rotate(rotation);
    for (const user of [`${rotation.app}_clone`, rotation.app]) {
      assert.equal((await rotation.read("AWSCURRENT"))?.username, user);
      const tags = await rotation.untag();
      await rotation.rotateAgain();
      await rotation.take("createSecret");
      await assert.rejects(rotation.take("setSecret"), { code: "SecondLoginLeft", message: /NOLOGIN PASSWORD NULL/ });
      assert.equal(await rotation.logsIn("AWSCURRENT"), true);
      await rotation.cancel();
      await rotation.tag(tags);
      await rotation.rotateAgain();
      await rotation.takeAll();
    }
  });

  it("gives the clone no way to the user's password, and no more than the user may", async () => {
    const { app } = rotation;
    await rotate(rotation);
    for (const attempt of [
      `RESET ROLE; SET ROLE NONE; ALTER ROLE ${app} PASSWORD '${randomPassword()}'`,
      `CREATE ROLE ${app}_evil`,
      `SET SESSION AUTHORIZATION ${app}`,
    ]) {
      await assert.rejects(as(rotation, "AWSCURRENT", attempt), { code: "42501" }, attempt);
    }
    assert.equal(await rotation.logsIn("AWSPREVIOUS"), true);
  });

  it("ActsAsAnother: testSecret refuses a clone whose sessions are not the user's", async () => {
    const { sql, app } = rotation;
    await rotation.take("createSecret");
    await rotation.take("setSecret");
    await sql(`ALTER ROLE ${app}_clone SET role TO none`);
    await assert.rejects(rotation.take("testSecret"), {
      code: "ActsAsAnother",
      message: /acts as \w+_clone, not as \w+/,
    });
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

async function adminLogin(rotation: Alternating): Promise<{ user: string; password: string; database: string }> {
  const { SecretString = "{}" } = await rotation.client.send(
    new GetSecretValueCommand({ SecretId: rotation.adminSecretId }),
  );
  const { username, password } = JSON.parse(SecretString);
  return { user: username, password, database: "postgres" };
}
