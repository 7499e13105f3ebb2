/**
 * One query that compares two roles and answers with the statements that make the second like the first, in the order
 * in which they must run: attributes, memberships, settings, and the privileges that were granted to the role itself
 * in this database. It reads what every role may read (`pg_roles`, never `pg_authid`), so RDS's admin can run it.
 *
 * Never copied: SUPERUSER, CREATEROLE, REPLICATION and BYPASSRLS (a twin that could create roles could change the
 * other's password), memberships of the two in each other, and whatever the role owns.
 *
 * Columns that PostgreSQL has only from version 16 on (the INHERIT and SET options of a membership) are read through
 * `to_jsonb`, which gives NULL where they are missing.
 *
 * Where the first does not exist yet there is nothing to compare, and nothing is taken from the second.
 *
 * @param inUse - Name of the first role, as an SQL literal.
 * @param next - Name of the second, as an SQL literal; it need not exist yet.
 */
export function twinQuery(inUse: string, next: string): string {
  return `
WITH old AS (SELECT * FROM pg_roles WHERE rolname = ${inUse}),
new AS (
  SELECT ${next}::text AS rolname, r.oid, coalesce(r.rolinherit, true) AS rolinherit,
    coalesce(r.rolcreatedb, false) AS rolcreatedb, coalesce(r.rolconnlimit, -1) AS rolconnlimit,
    r.rolvaliduntil
  FROM (SELECT 1) AS one LEFT JOIN pg_roles r ON r.rolname = ${next}
),
attributes AS (
  SELECT concat_ws(' ', format('ALTER ROLE %I', new.rolname),
    CASE WHEN old.rolinherit <> new.rolinherit THEN CASE WHEN old.rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END END,
    CASE WHEN old.rolcreatedb <> new.rolcreatedb THEN CASE WHEN old.rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END END,
    CASE WHEN old.rolconnlimit <> new.rolconnlimit THEN format('CONNECTION LIMIT %s', old.rolconnlimit) END,
    CASE WHEN coalesce(old.rolvaliduntil, 'infinity') <> coalesce(new.rolvaliduntil, 'infinity')
      THEN format('VALID UNTIL %L', coalesce(old.rolvaliduntil, 'infinity')) END) AS statement
  FROM old, new
  WHERE (old.rolinherit, old.rolcreatedb, old.rolconnlimit, coalesce(old.rolvaliduntil, 'infinity'))
    IS DISTINCT FROM (new.rolinherit, new.rolcreatedb, new.rolconnlimit, coalesce(new.rolvaliduntil, 'infinity'))
),
-- From 16 on a role can be a member of another by several grantors: what it may do is what any of them gave.
members AS (
  SELECT m.member, m.roleid, r.rolname, bool_or(m.admin_option) AS admin,
    bool_or((to_jsonb(m) ->> 'inherit_option')::boolean) AS inherit,
    bool_or((to_jsonb(m) ->> 'set_option')::boolean) AS set
  FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
  GROUP BY m.member, m.roleid, r.rolname
),
wanted_members AS (
  SELECT m.* FROM members m, old WHERE m.member = old.oid AND m.rolname <> ${next}
),
present_members AS (
  SELECT m.* FROM members m, new WHERE m.member = new.oid AND m.rolname <> ${inUse}
),
memberships AS (
  SELECT CASE WHEN w.inherit IS NULL
    THEN format('GRANT %I TO %I', w.rolname, new.rolname) || CASE WHEN w.admin THEN ' WITH ADMIN OPTION' ELSE '' END
    ELSE format('GRANT %I TO %I WITH ADMIN %s, INHERIT %s, SET %s', w.rolname, new.rolname, w.admin::text, w.inherit::text, w.set::text)
  END AS statement
  FROM new, wanted_members w LEFT JOIN present_members p USING (roleid)
  WHERE p.roleid IS NULL OR (w.admin, w.inherit, w.set) IS DISTINCT FROM (p.admin, p.inherit, p.set)
  UNION ALL
  SELECT format('REVOKE %I FROM %I', p.rolname, new.rolname)
  FROM new, old, present_members p LEFT JOIN wanted_members w USING (roleid) WHERE w.roleid IS NULL
),
settings AS (
  SELECT s.setrole, s.setdatabase, d.datname, split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS value
  FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS c LEFT JOIN pg_database d ON d.oid = s.setdatabase
),
role_settings AS (
  SELECT format('ALTER ROLE %I %sSET %s TO %s', new.rolname, in_database, w.name,
    -- A list is kept with its elements quoted as identifiers; as one literal it would be one element.
    CASE WHEN w.name IN ('search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries')
      THEN coalesce(nullif(replace(w.value, '""', ''''''), ''), '''''') ELSE quote_literal(w.value) END) AS statement
  FROM new, old, settings w, LATERAL (SELECT CASE WHEN w.datname IS NULL THEN '' ELSE format('IN DATABASE %I ', w.datname) END) AS d (in_database)
  WHERE w.setrole = old.oid AND NOT EXISTS (
    SELECT FROM settings p WHERE p.setrole = new.oid AND (p.setdatabase, p.name, p.value) = (w.setdatabase, w.name, w.value))
  UNION ALL
  SELECT format('ALTER ROLE %I %sRESET %s', new.rolname,
    CASE WHEN p.datname IS NULL THEN '' ELSE format('IN DATABASE %I ', p.datname) END, p.name)
  FROM new, old, settings p
  WHERE p.setrole = new.oid AND NOT EXISTS (
    SELECT FROM settings w WHERE w.setrole = old.oid AND (w.setdatabase, w.name) = (p.setdatabase, p.name))
),
objects AS (
  SELECT relacl AS acl, relowner AS owner, CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
    format('%I.%I', nspname, relname) AS object, '' AS columns
  FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relacl IS NOT NULL
  UNION ALL
  SELECT attacl, relowner, 'TABLE', format('%I.%I', nspname, relname), format(' (%I)', attname)
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
  WHERE attacl IS NOT NULL AND NOT attisdropped
  UNION ALL
  SELECT proacl, proowner, 'ROUTINE', format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)), ''
  FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE proacl IS NOT NULL
  UNION ALL
  SELECT typacl, typowner, 'TYPE', format('%I.%I', nspname, typname), ''
  FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE typacl IS NOT NULL
  UNION ALL
  SELECT nspacl, nspowner, 'SCHEMA', quote_ident(nspname), '' FROM pg_namespace WHERE nspacl IS NOT NULL
  UNION ALL
  SELECT datacl, datdba, 'DATABASE', quote_ident(datname), '' FROM pg_database WHERE datacl IS NOT NULL
),
privileges AS (
  SELECT a.grantee, o.kind, o.object, o.columns, a.privilege_type, bool_or(a.is_grantable) AS grantable
  FROM objects o CROSS JOIN LATERAL aclexplode(o.acl) AS a WHERE a.grantee <> o.owner
  GROUP BY 1, 2, 3, 4, 5
),
wanted_privileges AS (SELECT p.* FROM privileges p JOIN old ON old.oid = p.grantee),
present_privileges AS (SELECT p.* FROM privileges p JOIN new ON new.oid = p.grantee),
grants AS (
  SELECT format('GRANT %s%s ON %s %s TO %I', w.privilege_type, w.columns, w.kind, w.object, new.rolname)
    || CASE WHEN w.grantable THEN ' WITH GRANT OPTION' ELSE '' END AS statement
  FROM new, wanted_privileges w LEFT JOIN present_privileges p USING (kind, object, columns, privilege_type)
  WHERE p.grantable IS DISTINCT FROM w.grantable AND NOT coalesce(p.grantable, false)
  UNION ALL
  SELECT format('REVOKE %s%s%s ON %s %s FROM %I', CASE WHEN w.kind IS NULL THEN '' ELSE 'GRANT OPTION FOR ' END,
    p.privilege_type, p.columns, p.kind, p.object, new.rolname)
  FROM new, old, present_privileges p LEFT JOIN wanted_privileges w USING (kind, object, columns, privilege_type)
  WHERE w.kind IS NULL OR (p.grantable AND NOT w.grantable)
),
default_privileges AS (
  SELECT a.grantee, a.privilege_type, a.is_grantable AS grantable, k.kind, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s',
    r.rolname, CASE WHEN n.nspname IS NULL THEN '' ELSE format(' IN SCHEMA %I', n.nspname) END) AS whose
  FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a
    JOIN (VALUES ('r', 'TABLES'), ('S', 'SEQUENCES'), ('f', 'ROUTINES'), ('T', 'TYPES'), ('n', 'SCHEMAS')) AS k (type, kind)
      ON k.type = d.defaclobjtype::text
    JOIN pg_roles r ON r.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
  WHERE a.grantee <> d.defaclrole
),
wanted_defaults AS (SELECT d.* FROM default_privileges d JOIN old ON old.oid = d.grantee),
present_defaults AS (SELECT d.* FROM default_privileges d JOIN new ON new.oid = d.grantee),
default_grants AS (
  SELECT format('%s GRANT %s ON %s TO %I', w.whose, w.privilege_type, w.kind, new.rolname)
    || CASE WHEN w.grantable THEN ' WITH GRANT OPTION' ELSE '' END AS statement
  FROM new, wanted_defaults w LEFT JOIN present_defaults p USING (whose, kind, privilege_type)
  WHERE p.grantable IS DISTINCT FROM w.grantable AND NOT coalesce(p.grantable, false)
  UNION ALL
  SELECT format('%s REVOKE %s%s ON %s FROM %I', p.whose, CASE WHEN w.kind IS NULL THEN '' ELSE 'GRANT OPTION FOR ' END,
    p.privilege_type, p.kind, new.rolname)
  FROM new, old, present_defaults p LEFT JOIN wanted_defaults w USING (whose, kind, privilege_type)
  WHERE w.kind IS NULL OR (p.grantable AND NOT w.grantable)
),
-- What either of them makes must not belong to the one that made it: each takes the role of a shared owner at log-in.
owner AS (
  SELECT (EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = old.oid AND d.deptype = 'o')
    OR EXISTS (SELECT FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND has_schema_privilege(old.oid, n.oid, 'CREATE'))
    OR has_database_privilege(old.oid, current_database(), 'CREATE'))
    AND NOT EXISTS (SELECT FROM settings s WHERE s.setrole = old.oid AND s.name = 'role' AND s.value NOT IN ('none', ${inUse}, ${next})) AS missing
  FROM old
)
SELECT NULL::text AS statement, missing AS owner_missing FROM owner WHERE missing
UNION ALL SELECT statement, false FROM attributes
UNION ALL SELECT statement, false FROM memberships
UNION ALL SELECT statement, false FROM role_settings
UNION ALL SELECT statement, false FROM grants
UNION ALL SELECT statement, false FROM default_grants`;
}
