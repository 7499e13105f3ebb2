import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import fc from "fast-check";
import { type Postgres, startPostgres } from "../../emulators/postgres/postgres";
import { concurrentTests } from "../../proofs/mocha/concurrentTests";
import { type PendingRotation, type PendingRotationOptions, pendingRotation } from "../../proofs/world/pendingRotation";
import { runOps } from "../../proofs/world/runOps";
import { sharedPostgres } from "../../proofs/world/sharedPostgres";
import { readEnvironment } from "../../rotation-fn/environment";
import { RotationError } from "../../rotation-fn/errors";
import { type Strategy, settingTags } from "../../rotation-fn/secret/settings";

type RotationMode = "single-user" | "single-user with an administrator" | "alternating-users";
const ways: readonly RotationMode[] = ["single-user", "single-user with an administrator", "alternating-users"];

/** A change to the database, the secret or its tags before the preflight and the rotation. */
interface Situation {
  readonly what: string;
  /** For each mode, the code with which the rotation fails, or `works`. A single value applies to all modes. */
  readonly outcome: string | readonly [own: string, admin: string, alternating: string];
  /** SQL of the superuser: `$` is the user, `%` its clone, `@` the administrator. */
  readonly sql?: string;
  /** Anything else. */
  readonly change?: (rotation: PendingRotation) => Promise<unknown>;
  readonly memberOf?: readonly string[];
  /** Environment variables of the function. */
  readonly variables?: NodeJS.ProcessEnv;
  readonly ways?: readonly RotationMode[];
  /** Ends what must not outlive the test. */
  readonly after?: (rotation: PendingRotation) => Promise<unknown>;
}

const withAdmin = ways.slice(1);
/** As on RDS, whose pg_hba.conf sends the members of rds_iam to PAM, and accepts md5 and SCRAM from all others. */
const hba = ["hostssl all +rds_iam all password", "hostssl all all all md5"];

/** Adds a line to pg_hba.conf, before all others. */
async function reject(postgres: Postgres, user: string): Promise<void> {
  hba.unshift(`hostssl all ${user} all reject`);
  await postgres.reload({ hba });
}

const noSuchLibrary = "ALTER ROLE $ SET session_preload_libraries = 'no_such_library'";
const passwordcheck =
  "ALTER ROLE $ SET session_preload_libraries = 'passwordcheck'; ALTER ROLE @ SET session_preload_libraries = 'passwordcheck'";
const shadowingFunctions = `CREATE SCHEMA $; GRANT USAGE ON SCHEMA $ TO PUBLIC; ALTER ROLE $ SET search_path = $, pg_catalog;
CREATE FUNCTION $.current_setting(text, boolean) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';
CREATE FUNCTION $.format(text, VARIADIC "any") RETURNS text LANGUAGE internal IMMUTABLE AS 'text_format'`;

const situations: readonly Situation[] = [
  { what: "nothing unusual", outcome: "works" },
  // The user
  {
    what: "a user with an md5 password",
    outcome: "works",
    change: ({ login: { postgres, user, password } }) =>
      postgres.query(`SET password_encryption = 'md5'; ALTER ROLE ${user} PASSWORD '${password}'`),
  },
  { what: "VALID UNTIL in the past", sql: "ALTER ROLE $ VALID UNTIL '2001-01-01'", outcome: "LoginRefused" },
  {
    what: "a user with NOLOGIN",
    sql: "ALTER ROLE $ NOLOGIN",
    outcome: ["LoginNotAllowed", "RoleRefused", "RoleRefused"],
  },
  { what: "CONNECTION LIMIT 0", sql: "ALTER ROLE $ CONNECTION LIMIT 0", outcome: "DatabaseFull" },
  {
    what: "a user with SUPERUSER",
    sql: "ALTER ROLE $ SUPERUSER",
    outcome: ["works", "RoleRefused", "RoleRefused"],
  },
  {
    what: "a user with REPLICATION",
    sql: "ALTER ROLE $ REPLICATION",
    outcome: ["works", "RoleRefused", "RoleRefused"],
  },
  { what: "a member of rds_iam, as on RDS", sql: "GRANT rds_iam TO $", outcome: "ClearTextAsked" },
  {
    what: "a password that was changed in the database",
    sql: "ALTER ROLE $ PASSWORD 'another'",
    outcome: ["LoginRefused", "works", "works"],
  },
  {
    what: "a wrong password in the secret, and CONNECT revoked",
    sql: "ALTER ROLE $ PASSWORD 'another'; REVOKE CONNECT ON DATABASE $ FROM PUBLIC, $; ALTER DATABASE $ OWNER TO postgres",
    outcome: "ConnectDenied",
    ways: withAdmin,
  },
  {
    what: "a wrong password in the secret, and CONNECTION LIMIT 0",
    sql: "ALTER ROLE $ PASSWORD 'another' CONNECTION LIMIT 0",
    outcome: "DatabaseFull",
    ways: withAdmin,
  },
  {
    what: "a wrong password in the secret, and a database that allows no connections",
    sql: "ALTER ROLE $ PASSWORD 'another'; ALTER DATABASE $ ALLOW_CONNECTIONS false",
    outcome: "LoginNotAllowed",
    ways: withAdmin,
  },
  ...["ROLE", "DATABASE"].map(
    (limited): Situation => ({
      what: `a wrong password in the secret, and a ${limited.toLowerCase()} that has reached its CONNECTION LIMIT`,
      async change({ login }) {
        const { postgres, user, password } = login;
        sessions.set(user, await postgres.connect(login));
        await postgres.query(`ALTER ${limited} ${user} CONNECTION LIMIT 1`);
        await postgres.query(`ALTER ROLE ${user} PASSWORD 'not-${password}'`);
      },
      after: async ({ login: { user } }) => sessions.get(user)?.end(),
      outcome: "DatabaseFull",
      ways: ["single-user with an administrator"],
    }),
  ),
  {
    what: "an AWSPREVIOUS that is not JSON, and a password that only a version without a label has",
    outcome: "works",
    async change({ client, secretId: SecretId, read }) {
      const wrong = { ...(await read("AWSCURRENT")), password: randomBytes(12).toString("hex") };
      for (const SecretString of ["not JSON", JSON.stringify(wrong)])
        await client.send(new PutSecretValueCommand({ SecretId, SecretString }));
    },
  },
  {
    what: "a database that has only the password of AWSPREVIOUS",
    outcome: "works",
    change: ({ client, secretId, read }) => store(client, secretId, read, 1),
  },
  {
    what: "a database that has only the password of a version without a label",
    outcome: "works",
    change: ({ client, secretId, read }) => store(client, secretId, read, 2),
  },
  {
    what: "a role that does not exist",
    sql: "DROP OWNED BY $; DROP DATABASE $; DROP ROLE $",
    outcome: ["LoginRefused", "DatabaseMissing", "DatabaseMissing"],
  },
  {
    what: "a role that the function creates, a member of one that does not exist",
    sql: "ALTER DATABASE $ OWNER TO postgres; DROP ROLE $",
    memberOf: ["no_such_role"],
    outcome: "RoleMissing",
    ways: withAdmin,
  },
  {
    what: "a role that the function creates, a member of one that the administrator may not grant",
    sql: "ALTER DATABASE $ OWNER TO postgres; DROP ROLE $",
    memberOf: ["pg_monitor"],
    outcome: "PermissionDenied",
    ways: withAdmin,
  },
  // The administrator
  {
    what: "an administrator without CREATEROLE",
    sql: "ALTER ROLE @ NOCREATEROLE",
    outcome: "PermissionDenied",
    ways: withAdmin,
  },
  {
    what: "an administrator without ADMIN OPTION",
    sql: "REVOKE $ FROM @",
    outcome: "PermissionDenied",
    ways: withAdmin,
  },
  {
    what: "an administrator with another password",
    sql: "ALTER ROLE @ PASSWORD 'another'",
    outcome: "AdminLoginRefused",
    ways: withAdmin,
  },
  {
    what: "an administrator with CONNECTION LIMIT 0",
    sql: "ALTER ROLE @ CONNECTION LIMIT 0",
    outcome: "DatabaseFull",
    ways: withAdmin,
  },
  // The clone
  {
    what: "a role of the clone's name that is no clone",
    sql: "CREATE ROLE % LOGIN",
    outcome: "RoleRefused",
    ways: ["alternating-users"],
  },
  {
    what: "a clone that the administrator does not have ADMIN OPTION on",
    sql: "CREATE ROLE % LOGIN IN ROLE $",
    outcome: ["SecondLoginLeft", "PermissionDenied", "PermissionDenied"],
  },
  {
    what: "a clone with CREATEDB",
    sql: "CREATE ROLE % LOGIN CREATEDB IN ROLE $; GRANT % TO @ WITH ADMIN OPTION",
    outcome: "RoleRefused",
    ways: ["alternating-users"],
  },
  {
    what: "a clone that is a member of another role",
    sql: "CREATE ROLE % LOGIN IN ROLE $, pg_monitor; GRANT % TO @ WITH ADMIN OPTION",
    outcome: "RoleRefused",
    ways: ["alternating-users"],
  },
  {
    what: "a clone that has members",
    sql: "CREATE ROLE % LOGIN IN ROLE $; GRANT % TO @ WITH ADMIN OPTION; CREATE ROLE %_m; GRANT % TO %_m",
    outcome: "RoleRefused",
    ways: ["alternating-users"],
  },
  {
    what: "a clone that owns an object",
    sql: "CREATE ROLE % LOGIN IN ROLE $; GRANT % TO @ WITH ADMIN OPTION; CREATE SCHEMA % AUTHORIZATION %",
    outcome: "RoleRefused",
    ways: ["alternating-users"],
  },
  {
    what: "a clone that was made a second login by hand",
    sql: "CREATE ROLE % LOGIN IN ROLE $; GRANT % TO @ WITH ADMIN OPTION",
    outcome: "works",
    ways: ["alternating-users"],
  },
  {
    what: "a clone that is left from alternating-users",
    sql: "CREATE ROLE % LOGIN IN ROLE $; GRANT % TO @ WITH ADMIN OPTION",
    outcome: ["SecondLoginLeft", "works", "works"],
  },
  {
    what: "a clone that pg_hba.conf rejects",
    change: ({ login: { postgres, user } }) => reject(postgres, `${user}_clone`),
    outcome: "LoginNotAllowed",
    ways: ["alternating-users"],
  },
  {
    what: "a user that pg_hba.conf rejects, while AWSCURRENT has its clone",
    async change({ login: { postgres, user }, runSteps }) {
      await runSteps();
      await reject(postgres, user);
    },
    outcome: "LoginNotAllowed",
    ways: ["alternating-users"],
  },
  // The database and the session
  {
    what: "a login trigger that refuses the user",
    change: ({ login }) => refuseByTrigger(login),
    outcome: "LoginNotAllowed",
  },
  {
    what: "a role that the function creates, which only its group may CONNECT",
    sql: "ALTER DATABASE $ OWNER TO postgres; REVOKE CONNECT ON DATABASE $ FROM PUBLIC; DROP OWNED BY $; DROP ROLE $; CREATE ROLE $_group; GRANT CONNECT ON DATABASE $ TO $_group; GRANT $_group TO @ WITH ADMIN OPTION",
    memberOf: ["$_group"],
    outcome: "works",
    ways: withAdmin,
  },
  {
    what: "CONNECT on the database revoked",
    sql: "REVOKE CONNECT ON DATABASE $ FROM PUBLIC, $; ALTER DATABASE $ OWNER TO postgres",
    outcome: "ConnectDenied",
  },
  {
    what: "a database that allows no connections",
    sql: "ALTER DATABASE $ ALLOW_CONNECTIONS false",
    outcome: "LoginNotAllowed",
  },
  { what: "a database with CONNECTION LIMIT 0", sql: "ALTER DATABASE $ CONNECTION LIMIT 0", outcome: "DatabaseFull" },
  {
    what: "a read-only default of the database",
    sql: "ALTER DATABASE $ SET default_transaction_read_only = on; ALTER ROLE @ SET default_transaction_read_only = on",
    outcome: "works",
  },
  {
    what: "functions in the user's search_path that shadow those of the server",
    sql: shadowingFunctions,
    outcome: "works",
  },
  { what: "a statement_timeout of a millisecond", sql: "ALTER ROLE $ SET statement_timeout = 1", outcome: "works" },
  {
    what: "a role setting of another role",
    sql: "GRANT pg_monitor TO $; ALTER ROLE $ SET role = 'pg_monitor'",
    outcome: "works",
  },
  {
    what: "a library in the user's settings that does not exist",
    sql: noSuchLibrary,
    outcome: "DatabaseFailed",
    ways: ways.slice(0, 2),
  },
  {
    what: "passwordcheck",
    sql: passwordcheck,
    outcome: "works",
  },
  {
    what: "passwordcheck, and PASSWORD_FORM plaintext",
    sql: passwordcheck,
    variables: { PASSWORD_FORM: "plaintext" },
    outcome: "works",
  },
  {
    what: "passwordcheck, and passwords of letters alone",
    sql: passwordcheck,
    variables: { PASSWORD_FORM: "plaintext", EXCLUDE_NUMBERS: "true", EXCLUDE_PUNCTUATION: "true" },
    outcome: "PasswordRejected",
  },
  {
    what: "PASSWORD_FORM plaintext, and statements that are tracked",
    sql: "ALTER ROLE $ SET pg_stat_statements.track = 'all'; ALTER ROLE @ SET pg_stat_statements.track = 'all'",
    variables: { PASSWORD_FORM: "plaintext" },
    outcome: "PasswordTracked",
  },
  {
    what: "an administrators' database that does not exist",
    variables: { ADMIN_DATABASE: "no_such_database" },
    outcome: "DatabaseMissing",
    ways: withAdmin,
  },
  {
    what: "another session that has changed the role and not committed",
    outcome: "DatabaseTimeout",
    change: async ({ login: { postgres, user } }) => {
      const other = await postgres.connect({ user: postgres.superuser, password: postgres.superuserPassword });
      sessions.set(user, other);
      await other.query(`BEGIN; ALTER ROLE ${user} CONNECTION LIMIT 9`);
    },
    after: async ({ login: { user } }) => sessions.get(user)?.end(),
    ways: ["single-user"],
  },
  // The secret and its tags
  {
    what: "a strategy that does not exist",
    outcome: "InvalidSettings",
    change: ({ tag }) => tag({ [settingTags.strategy]: "three-users" }),
  },
  {
    what: "a tag that names another user",
    outcome: "TargetMismatch",
    change: ({ tag }) => tag({ [settingTags.username]: "another_user" }),
    ways: withAdmin,
  },
  { what: "lost tags", outcome: "works", change: ({ untag }) => untag(), ways: ["single-user"] },
];

async function refuseByTrigger({ postgres, user, database }: PendingRotation["login"]): Promise<void> {
  const { superuser, superuserPassword } = postgres;
  const session = await postgres.connect({ user: superuser, password: superuserPassword, database });
  await session.query(`CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN
    IF session_user LIKE '${user}%' THEN RAISE EXCEPTION 'no logins at night'; END IF; END$$;
    CREATE EVENT TRIGGER refuse ON login EXECUTE FUNCTION refuse()`);
  await session.end();
}

const sessions = new Map<string, { end(): Promise<void> }>();

/** Stores wrong passwords, so that the one in the database is `back` versions old. */
async function store(
  client: PendingRotation["client"],
  SecretId: string,
  read: PendingRotation["read"],
  back: number,
): Promise<void> {
  for (let count = 0; count < back; count++) {
    const value = { ...(await read("AWSCURRENT")), password: randomBytes(12).toString("hex") };
    await client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }));
  }
}

describe("preflight and the rotation agree", () => {
  let postgres: Postgres;

  before(async () => {
    const { authority } = await sharedPostgres();
    postgres = await startPostgres({ authority });
    await postgres.query("CREATE ROLE rds_iam");
    await postgres.reload({ hba });
  });

  after(() => postgres.stop());

  async function prepare(way: RotationMode, found: readonly Situation[]): Promise<PendingRotation> {
    const [user, password] = [`app_${randomBytes(6).toString("hex")}`, randomBytes(12).toString("hex")];
    const admin = `${user}_admin`;
    // Creating a database takes longer than the rest of a test.
    const ownsDatabase = found.some(({ sql = "", change }) => change !== undefined || sql.includes("DATABASE $"));
    for (const sql of [
      `CREATE ROLE ${user} LOGIN PASSWORD '${password}'`,
      ...(ownsDatabase ? [`CREATE DATABASE ${user} OWNER ${user}`] : []),
      `CREATE ROLE ${admin} LOGIN CREATEROLE PASSWORD '${password}'`,
      `GRANT ${user} TO ${admin} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
    ]) {
      await postgres.query(sql);
    }
    const memberOf = found.flatMap((each) => each.memberOf ?? []).map((role) => role.replace("$", user));
    const strategy: Strategy = way === "alternating-users" ? way : "single-user";
    const unusual: PendingRotationOptions = {
      login: { postgres, user, password, database: ownsDatabase ? user : "postgres" },
      ...(way !== "single-user" && { strategy, admin: { username: admin, password } }),
      ...(memberOf.length > 0 && { memberOf }),
    };
    const rotation = await pendingRotation(unusual);
    for (const { sql = "", change } of found) {
      // One by one: DROP DATABASE must not run in a transaction.
      for (const statement of sql.split(/;\s*/).filter(Boolean)) {
        const named = statement.replaceAll("%", `${user}_clone`).replaceAll("@", admin).replaceAll("$", user);
        await postgres.query(named);
      }
      await change?.(rotation);
    }
    return rotation;
  }

  interface Answers {
    readonly preflight: string;
    readonly rotation: string;
    readonly printed: string;
  }

  /** Runs preflight, and then a rotation up to `testSecret`. The outcome of each is a code, or `works`. */
  async function outcomesOf(rotation: PendingRotation, variables: NodeJS.ProcessEnv = {}): Promise<Answers> {
    const env = { SECRETS_MANAGER_ENDPOINT: rotation.service.endpoint, AWS_REGION: "us-east-1", ...variables };
    const ran = await runOps(["preflight", "--json", "--secret", rotation.secretId], env);
    const findings = ran.json().findings as { ok: boolean; code?: string; check: string }[];
    const failing = findings.filter(({ ok }) => !ok);
    const preflight =
      failing.length === 0 ? "works" : (failing.find(({ code }) => code)?.code ?? `${failing[0]?.check} is not ok`);
    // The version of a rotation that a change of the secret has ended is replaced.
    await rotation.rotateAgain();
    try {
      for (const step of ["createSecret", "setSecret", "testSecret"] as const)
        await rotation.runStep(step, readEnvironment(variables));
      return { preflight, rotation: "works", printed: ran.stderr };
    } catch (error) {
      assert.ok(error instanceof RotationError, String(error));
      return { preflight, rotation: error.code, printed: `${ran.stderr}\n${error.message}` };
    }
  }

  concurrentTests((test) => {
    for (const situation of situations) {
      for (const way of situation.ways ?? ways) {
        const { outcome } = situation;
        const expected = typeof outcome === "string" ? outcome : outcome[ways.indexOf(way)];
        test(`${way}: with ${situation.what}, both say ${expected}`, async () => {
          const rotation = await prepare(way, [situation]);
          try {
            const { preflight, rotation: rotated, printed } = await outcomesOf(rotation, situation.variables);
            assert.equal(rotated, expected, printed);
            // An expired password shows as a finding about the role, which has no code.
            assert.equal(preflight.replace("validity is not ok", "LoginRefused"), expected, printed);
          } finally {
            await situation.after?.(rotation);
            await rotation.close();
          }
        });
      }
    }

    test("alternating-users: when the user cannot log in and its clone can, preflight fails as the second rotation does", async () => {
      const what = "a setting that only a superuser can give the clone";
      const rotation = await prepare("alternating-users", [{ what, sql: noSuchLibrary, outcome: "DatabaseFailed" }]);
      const first = await outcomesOf(rotation);
      assert.deepEqual([first.preflight, first.rotation], ["DatabaseFailed", "works"]);
      await rotation.runStep("finishSecret");
      assert.equal((await outcomesOf(rotation)).rotation, "DatabaseFailed");
      await rotation.close();
    });

    for (const way of withAdmin) {
      test(`${way}: when a login trigger refuses the user and the stored password is wrong, preflight names it in its verdict, also for several secrets`, async () => {
        const sql = "ALTER ROLE $ PASSWORD 'another'";
        const change: Situation["change"] = ({ login }) => refuseByTrigger(login);
        const rotation = await prepare(way, [{ what: "both", sql, change, outcome: "LoginNotAllowed" }]);
        const { printed, rotation: rotated } = await outcomesOf(rotation);
        assert.equal(rotated, "LoginNotAllowed");
        assert.match(printed, /Rotation will work, unless the login trigger of \S+ ends the new login's session\./);
        const { secretId, adminSecretId = "", service } = rotation;
        const env = { SECRETS_MANAGER_ENDPOINT: service.endpoint, AWS_REGION: "us-east-1" };
        const { stdout } = await runOps(["preflight", "--secret", secretId, "--secret", adminSecretId], env);
        assert.match(
          stdout,
          /not tried: the login trigger.*will work for 1 of 2, unless what was not tried refuses a login\./s,
        );
        await rotation.close();
      });
    }

    test("for any combination of situations, preflight says that it works if and only if it does", async () => {
      const combined = situations.filter(({ sql, change }) => sql !== undefined && change === undefined);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...ways),
          fc.subarray([...combined], { minLength: 2, maxLength: 3 }),
          async (way, all) => {
            const found = all.filter((each) => (each.ways ?? ways).includes(way));
            let rotation: PendingRotation;
            try {
              rotation = await prepare(way, found);
            } catch {
              return; // These changes exclude each other.
            }
            try {
              const {
                preflight,
                rotation: rotated,
                printed,
              } = await outcomesOf(rotation, Object.assign({}, ...found.map(({ variables }) => variables)));
              assert.equal(preflight === "works", rotated === "works", `${preflight}, ${rotated}\n${printed}`);
            } finally {
              await rotation.close();
            }
          },
        ),
        { numRuns: 20 },
      );
    });
  });
});
