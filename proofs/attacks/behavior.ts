import type { AttackTarget } from "./target";

/**
 * Gives the user each kind of attribute, setting and privilege: in its database, in a second one, and in the cluster.
 */
export async function setUpPrivileges(
  t: AttackTarget,
  other: string,
  admin: "CREATEROLE" | "SUPERUSER",
): Promise<void> {
  const { user, group, victim, database, id } = t;
  await t.sql(`ALTER DATABASE ${database} OWNER TO postgres`);
  // An administrator that is not a superuser cannot set these.
  if (admin === "SUPERUSER") {
    await t.sql(
      `ALTER ROLE ${user} SET "app.user" = 'it''s'; ALTER ROLE ${user} SET "app.select" = E'back\\\\slash "quoted"';
       ALTER ROLE ${user} SET log_min_duration_statement = '1h'`,
    );
  }
  await t.sql(`CREATE DATABASE ${other}`, "postgres");
  await t.sql(
    `ALTER ROLE ${user} BYPASSRLS CREATEDB CONNECTION LIMIT 7 VALID UNTIL '2100-01-01 00:00:00+00';
     GRANT ${group} TO ${user};
     ALTER ROLE ${user} SET search_path = "$user", 'Odd, "Name"', public, '';
     ALTER ROLE ${user} SET DateStyle = 'SQL, DMY';
     ALTER ROLE ${user} SET standard_conforming_strings = off;
     ALTER ROLE ${user} SET work_mem = '3MB';
     ALTER ROLE ${user} IN DATABASE ${database} SET work_mem = '5MB';
     ALTER ROLE ${user} IN DATABASE ${other} SET TimeZone = 'Pacific/Chatham';
     ALTER ROLE ${user} IN DATABASE ${other} SET search_path = other_schema;
     ALTER DATABASE ${database} SET lock_timeout = '50s';
     REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC;
     REVOKE CONNECT ON DATABASE ${other} FROM PUBLIC;
     GRANT CONNECT, TEMPORARY ON DATABASE ${other} TO ${user};
     GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${user};
     CREATE SCHEMA shop;
     GRANT USAGE, CREATE ON SCHEMA shop TO ${user};
     CREATE TABLE shop.docs (tenant text, body text, audit text);
     INSERT INTO shop.docs VALUES ('a', 'one', 'x'), ('b', 'two', 'y');
     GRANT SELECT (tenant, body), UPDATE (body), INSERT ON shop.docs TO ${user};
     CREATE TABLE shop.tenants (tenant text, note text);
     INSERT INTO shop.tenants VALUES ('a', 'one'), ('b', 'two'), ('c', 'three');
     ALTER TABLE shop.tenants OWNER TO ${victim};
     ALTER TABLE shop.tenants ENABLE ROW LEVEL SECURITY;
     ALTER TABLE shop.tenants FORCE ROW LEVEL SECURITY;
     CREATE POLICY all_rows ON shop.tenants USING (true);
     CREATE POLICY not_b ON shop.tenants AS RESTRICTIVE TO ${user} USING (tenant <> 'b');
     CREATE POLICY c_too ON shop.tenants AS PERMISSIVE TO ${user} USING (tenant = 'c');
     GRANT SELECT, INSERT ON shop.tenants TO ${user};
     GRANT SELECT ON shop.tenants TO ${group};
     CREATE TABLE shop.group_docs (a int); GRANT SELECT ON shop.group_docs TO ${group};
     CREATE TABLE shop.forbidden (a int);
     CREATE SEQUENCE shop.ids; GRANT USAGE ON SEQUENCE shop.ids TO ${user};
     CREATE FUNCTION shop.secret() RETURNS int LANGUAGE sql AS 'SELECT 1';
     REVOKE ALL ON FUNCTION shop.secret() FROM PUBLIC; GRANT EXECUTE ON FUNCTION shop.secret() TO ${user};
     CREATE TABLE shop.owned_docs (a int); ALTER TABLE shop.owned_docs OWNER TO ${user};
     CREATE VIEW shop.tenant_names AS SELECT tenant FROM shop.tenants WHERE current_user = '${user}'; GRANT SELECT ON shop.tenant_names TO ${user};
     ALTER DEFAULT PRIVILEGES FOR ROLE ${victim} IN SCHEMA shop GRANT SELECT ON TABLES TO ${user};
     ALTER DEFAULT PRIVILEGES FOR ROLE ${user} GRANT SELECT ON TABLES TO ${victim};
     GRANT USAGE, CREATE ON SCHEMA shop TO ${victim};
     SELECT lo_create(${Number.parseInt(id.slice(0, 6), 16) + 1}); ALTER LARGE OBJECT ${Number.parseInt(id.slice(0, 6), 16) + 1} OWNER TO ${user};
     CREATE FOREIGN DATA WRAPPER wrapper_${id}; CREATE SERVER server_${id} FOREIGN DATA WRAPPER wrapper_${id};
     GRANT USAGE ON FOREIGN SERVER server_${id} TO ${user};
     CREATE USER MAPPING FOR ${user} SERVER server_${id} OPTIONS (who 'mapped')`,
  );
  await t.sql(
    `CREATE SCHEMA other_schema; CREATE TABLE other_schema.remote (a int); GRANT USAGE ON SCHEMA other_schema TO ${user}; GRANT SELECT ON other_schema.remote TO ${user}`,
    other,
  );
}

/** Statements that show what a session sees, may do, and creates. Each is rolled back. */
const statements = ({ id, victim, group }: AttackTarget): readonly string[] => [
  "SELECT current_user::text, current_schemas(true)::text, current_setting('search_path')",
  "SELECT current_setting('app.user', true), current_setting('app.select', true), current_setting('DateStyle')",
  "SELECT name, setting FROM pg_settings WHERE source IN ('user', 'database user', 'database') AND name <> 'role' ORDER BY name",
  "SELECT tenant, body FROM shop.docs ORDER BY 1",
  "SELECT audit FROM shop.docs",
  "UPDATE shop.docs SET body = 'x'",
  "UPDATE shop.docs SET tenant = 'x'",
  "DELETE FROM shop.docs",
  "SELECT * FROM shop.tenants ORDER BY 1",
  "SET row_security = off; SELECT * FROM shop.tenants ORDER BY 1",
  "SELECT * FROM shop.tenant_names ORDER BY 1",
  "INSERT INTO shop.tenants VALUES ('b', 'new')",
  "SELECT * FROM shop.group_docs",
  "SELECT * FROM shop.forbidden",
  "SELECT shop.secret()",
  "ALTER TABLE shop.owned_docs ADD COLUMN b int",
  "DROP TABLE shop.docs",
  "CREATE TABLE shop.created (a int); SELECT tableowner::text, relacl::text FROM pg_tables JOIN pg_class ON relname = tablename WHERE tablename = 'created'",
  "CREATE TEMPORARY TABLE tmp (a int); SELECT relowner::regrole::text FROM pg_class WHERE relname = 'tmp'",
  "CREATE FUNCTION shop.created() RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'created'",
  `SELECT lo_unlink(${Number.parseInt(id.slice(0, 6), 16) + 1})`,
  "SELECT lomowner::regrole::text FROM pg_largeobject_metadata WHERE oid = lo_create(0)",
  `SELECT usename::text, umoptions FROM pg_user_mappings WHERE srvname = 'server_${id}'`,
  `CREATE USER MAPPING FOR ${victim} SERVER server_${id}`,
  `SET ROLE ${group}; SELECT current_user::text`,
  `SET ROLE ${victim}`,
  "RESET ROLE; SELECT current_user::text",
  "RESET ALL; SELECT current_user::text, current_setting('work_mem')",
  "SELECT has_database_privilege(current_database(), 'CREATE'), pg_has_role(current_user, 'pg_monitor', 'MEMBER')",
  "SELECT rolsuper, rolcreatedb, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user",
  "CREATE ROLE another",
  `ALTER ROLE ${victim} PASSWORD 'x'`,
  "SELECT nextval('shop.ids') > 0",
];

/** What a login sees, may do, and creates: statement → its rows or SQLSTATE. */
export async function behaviorOf(t: AttackTarget, who: string, other: string): Promise<Record<string, unknown>> {
  const behavior: Record<string, unknown> = {};
  for (const [database, run] of [
    [t.database, statements(t)],
    [
      other,
      [
        "SELECT current_setting('TimeZone'), current_setting('work_mem'), * FROM remote",
        "CREATE TABLE other_schema.x (a int)",
      ],
    ],
  ] as const) {
    const client = await t.connect(who, database);
    for (const statement of run) {
      // One message rolls back the previous statement and runs this one.
      behavior[`${database === other ? "other: " : ""}${statement}`] = await client
        .query(`ROLLBACK; BEGIN; ${statement}`)
        .then(
          (result) => [result].flat().at(-1)?.rows,
          ({ code }: { code: string }) => code,
        );
    }
    await client.query("ROLLBACK");
    await client.query("CREATE DATABASE x TEMPLATE nothing").catch(({ code }) => {
      behavior.createdb = code;
    });
    await client.end();
  }
  return behavior;
}
