import assert from "node:assert/strict";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { type PendingRotation, pendingRotation } from "../../../proofs/world/pendingRotation";
import { freshOwner, freshRole, randomPassword } from "../../../proofs/world/sharedPostgres";
import { settingTags } from "../../secret/settings";

/** A user, and an administrator with exactly the privileges in docs/strategies.md. */
async function begin(): Promise<
  PendingRotation & {
    readonly app: string;
    readonly admin: string;
    sql(text: string): Promise<Record<string, unknown>[]>;
  }
> {
  const login = await freshOwner();
  const { postgres, user: app, database } = login;
  const admin = await freshRole(postgres, "CREATEROLE");
  await postgres.query(`GRANT ${app} TO ${admin.username} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  const rotation = await pendingRotation({
    login,
    strategy: "alternating-users",
    admin,
  });
  return Object.assign(rotation, {
    app,
    admin: admin.username,
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

/** Runs SQL as the user of the version with this staging label. */
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
    await rotation.runSteps();
  }
}

describe("alternating-users", () => {
  let rotation: Alternating;

  beforeEach(async () => {
    rotation = await begin();
  });
  afterEach(() => rotation.close());

  it("rotates the user and its clone alternately, and both log in after each rotation", async () => {
    const { app, read, logsIn } = rotation;
    for (const user of [`${app}_clone`, app, `${app}_clone`]) {
      await rotate(rotation);
      assert.equal((await read("AWSCURRENT"))?.username, user);
      assert.deepEqual([await logsIn("AWSCURRENT"), await logsIn("AWSPREVIOUS")], [true, true]);
    }
  });

  it("after each step of a rotation, AWSCURRENT logs in", async () => {
    await rotate(rotation);
    await rotation.rotateAgain();
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
      await rotation.runStep(step);
      assert.equal(await rotation.logsIn("AWSCURRENT"), true, `after ${step}`);
    }
  });

  it("over five rotations, objects that either login creates belong to the user, and both can use them", async () => {
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

  it("when the user has a role setting (a shared owner), for all databases or one, the clone acts as the same role", async () => {
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
    // The server warns about a `role` setting that cannot be set, and uses the next one.
    assert.deepEqual(acts, [`${app}_clone`, `${app}_owner`, app, `${app}_owner`]);
  });

  it("copies connection limit, validity and settings from the user to the clone, whichever is current", async () => {
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

  it("when the user has a setting that the administrator may not set, rotates with a warning", async () => {
    const { sql, app } = rotation;
    await sql(`ALTER ROLE ${app} SET log_min_messages TO 'error'; ALTER ROLE ${app} SET work_mem TO '9MB';
      ALTER ROLE ${app} SET "app.user" TO 'x'`);
    await rotate(rotation);
    assert.match(rotation.warnings.join(), /app\.user, log_min_messages/);
    assert.ok(!rotation.warnings.join().includes("work_mem"));
    assert.deepEqual(await as(rotation, "AWSCURRENT", "SHOW work_mem"), [{ work_mem: "9MB" }]);
  });

  it("when the clone owns objects, rotates with a warning that contains the SQL to move them", async () => {
    await rotate(rotation);
    await rotation.sql(`GRANT CREATE ON DATABASE ${rotation.login.database} TO ${rotation.app}_clone`);
    await as(rotation, "AWSCURRENT", "SET ROLE NONE; CREATE SCHEMA mine");
    await rotate(rotation, 2);
    assert.match(rotation.warnings.join(), /REASSIGN OWNED BY "\w+_clone" TO "\w+"/);
  });

  it("when the clone is a member of another role, revokes the membership", async () => {
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
    it(`RoleRefused: when a role with the clone's name ${what}, it is not changed`, async () => {
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
      await rotation.runStep("createSecret");
      await assert.rejects(rotation.runStep("setSecret"), { code: "RoleRefused", message: says });
      assert.deepEqual(await state(), before);
      assert.equal(await rotation.logsIn("AWSCURRENT"), true);
    });
  }

  for (const attribute of ["SUPERUSER", "REPLICATION"]) {
    it(`RoleRefused: when the user has ${attribute}, no second login is created, and the message has the SQL to remove it`, async () => {
      await rotation.sql(`ALTER ROLE ${rotation.app} ${attribute}`);
      await rotation.runStep("createSecret");
      await assert.rejects(rotation.runStep("setSecret"), {
        code: "RoleRefused",
        message: new RegExp(`NO${attribute};`),
      });
    });
  }

  it("RoleRefused: when the user has NOLOGIN, the user and its clone are not changed", async () => {
    await rotate(rotation);
    await rotation.sql(`ALTER ROLE ${rotation.app} NOLOGIN`);
    await rotation.rotateAgain();
    await rotation.runStep("createSecret");
    await assert.rejects(rotation.runStep("setSecret"), { code: "RoleRefused", message: /may not log in/ });
  });

  it("PermissionDenied: when the administrator has no ADMIN OPTION on the clone, the message has the SQL that grants it", async () => {
    const { sql, app, admin } = rotation;
    await sql(`CREATE ROLE ${app}_clone LOGIN; GRANT ${app} TO ${app}_clone`);
    await rotation.runStep("createSecret");
    await assert.rejects(rotation.runStep("setSecret"), {
      code: "PermissionDenied",
      message: new RegExp(`GRANT "${app}_clone" TO "${admin}" WITH ADMIN TRUE`),
    });
  });

  it("when the secret becomes single-user, the clone no longer logs in", async () => {
    await rotate(rotation);
    const clone = (await rotation.read("AWSCURRENT")) ?? {};
    await rotation.tag({ [settingTags.strategy]: "single-user" });
    await rotation.rotateAgain();
    await rotation.runSteps();
    assert.equal((await rotation.read("AWSCURRENT"))?.username, rotation.app);
    assert.equal(await rotation.logsIn("AWSCURRENT"), true);
    const { postgres, database } = rotation.login;
    assert.equal(await postgres.canLogIn(String(clone.username), String(clone.password), database), false);
  });

  it("SecondLoginLeft: when the secret has lost its tags, neither the user nor its clone changes its own password", async () => {
    await rotate(rotation);
    for (const user of [`${rotation.app}_clone`, rotation.app]) {
      assert.equal((await rotation.read("AWSCURRENT"))?.username, user);
      const tags = await rotation.untag();
      await rotation.rotateAgain();
      await rotation.runStep("createSecret");
      await assert.rejects(rotation.runStep("setSecret"), {
        code: "SecondLoginLeft",
        message: /NOLOGIN PASSWORD NULL/,
      });
      assert.equal(await rotation.logsIn("AWSCURRENT"), true);
      await rotation.cancel();
      await rotation.tag(tags);
      await rotation.rotateAgain();
      await rotation.runSteps();
    }
  });

  it("the clone cannot change the user's password, create roles, or become the session user", async () => {
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

  it("ActsAsAnother: when the user was renamed after setSecret, testSecret fails", async () => {
    await rotation.runStep("createSecret");
    await rotation.runStep("setSecret");
    await rotation.sql(`ALTER ROLE ${rotation.app} RENAME TO ${rotation.app}_renamed`);
    await assert.rejects(rotation.runStep("testSecret"), {
      code: "ActsAsAnother",
      message: `a session of ${rotation.app}_clone acts as ${rotation.app}_clone, not as ${rotation.app}`,
    });
  });

  it("ActsAsAnother: when sessions of the clone do not act as the user, testSecret fails", async () => {
    const { sql, app } = rotation;
    await rotation.runStep("createSecret");
    await rotation.runStep("setSecret");
    await sql(`ALTER ROLE ${app}_clone SET role TO none`);
    await assert.rejects(rotation.runStep("testSecret"), {
      code: "ActsAsAnother",
      message: /acts as \w+_clone, not as \w+/,
    });
  });

  it("when setSecret is repeated, the rotation completes", async () => {
    await rotation.runStep("createSecret");
    await rotation.runStep("setSecret");
    await rotation.runStep("setSecret");
    assert.equal(await rotation.logsIn("AWSPENDING"), true);
    await rotation.runStep("testSecret");
    await rotation.runStep("finishSecret");
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
