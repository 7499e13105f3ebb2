import { escapeIdentifier, escapeLiteral } from "pg";
import { cloneOf } from "../../secret/usernames";
import { ownStates } from "../databaseError";
import { adoptionComment } from "./roles";

/** Settings that are lists of identifiers (GUC_LIST_QUOTE): one literal for all would be a single element. */
const lists = "('search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries')";

/** Settings that are not copied: `role` is computed, and not every role may set or reset the others. */
const neverCopied =
  "('role', 'session_authorization', 'seed', 'transaction_isolation', 'transaction_read_only', 'transaction_deferrable')";

/** A user can create any number of custom settings, which must not make a rotation slow. */
const [mostSettings, mostBytes] = [500, 65_536];

/**
 * SQL expression for the role that a session of the user has after the login to a database. PostgreSQL uses the most
 * specific `role` setting that the user may set, and warns about the others.
 *
 * @param user - SQL expression of the user's OID.
 * @param database - SQL expression of the database's OID, or 0 for databases without a setting of their own.
 * @param major - The server's major version. From 16 on, a membership may lack the SET option.
 */
export function roleTaken(user: string, database: string, major: number): string {
  return `coalesce((SELECT CASE WHEN r.rolname IS NULL THEN pg_get_userbyid(${user}) ELSE r.rolname END
  FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c LEFT JOIN pg_roles r ON r.rolname = substr(c, 6)
  WHERE s.setrole IN (${user}, 0) AND s.setdatabase IN (${database}, 0) AND c LIKE 'role=%'
    AND (c = 'role=none' OR pg_has_role(${user}, r.oid, '${major >= 16 ? "SET" : "MEMBER"}'))
  ORDER BY s.setrole = 0, s.setdatabase = 0 LIMIT 1), pg_get_userbyid(${user}))`;
}

/**
 * PL/pgSQL that makes the clone a second login of the user. The identity and the privileges of its sessions come from the
 * user (`role`), so that no privilege is copied. What belongs to the login is copied from the user, whichever of the two
 * is current: LOGIN, connection limit, validity, settings.
 *
 * The clone always has INHERIT, because the server checks CONNECT before it sets `role`. Settings are copied one by one, so
 * that one which the administrator may not set does not prevent the others.
 */
export function copyLogin(username: string, major: number): string {
  const [user, clone] = [username, cloneOf(username)].map(escapeIdentifier);
  const options = major >= 16 ? " WITH ADMIN FALSE, INHERIT TRUE, SET TRUE" : "";
  const works = major >= 16 ? "bool_or(m.inherit_option) AND bool_or(m.set_option)" : "count(*) > 0";
  const inDatabase = "CASE WHEN one.datname IS NULL THEN '' ELSE format('IN DATABASE %I ', one.datname) END";
  return `DECLARE app oid; twin oid; one record; setting text; command text;
BEGIN
IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${escapeLiteral(cloneOf(username))}) THEN
CREATE ROLE ${clone} LOGIN;
END IF;
app := ${escapeLiteral(user ?? "")}::regrole;
twin := ${escapeLiteral(clone ?? "")}::regrole;
${major < 15 ? revokeMembers : ""}GRANT ${user} TO ${clone}${options};
${major < 16 ? `REVOKE ADMIN OPTION FOR ${user} FROM ${clone};\n` : ""}COMMENT ON ROLE ${clone} IS ${escapeLiteral(adoptionComment)};
FOR one IN SELECT DISTINCT pg_get_userbyid(m.roleid) AS name FROM pg_auth_members m WHERE m.member = twin AND m.roleid <> app LOOP
BEGIN
EXECUTE format('REVOKE %I FROM %I', one.name, pg_get_userbyid(twin));
EXCEPTION WHEN OTHERS THEN NULL;
END;
END LOOP;
SELECT format('ALTER ROLE %I %s INHERIT CONNECTION LIMIT %s VALID UNTIL %L', pg_get_userbyid(twin),
  CASE WHEN r.rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END, r.rolconnlimit, coalesce(r.rolvaliduntil, 'infinity'))
  INTO STRICT command FROM pg_roles r WHERE r.oid = app;
EXECUTE command;
FOR one IN SELECT d.datname FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase WHERE s.setrole = twin LOOP
BEGIN
EXECUTE format('ALTER ROLE %I %sRESET ALL', pg_get_userbyid(twin), ${inDatabase});
EXCEPTION WHEN OTHERS THEN NULL;
END;
END LOOP;
FOR one IN SELECT d.datname, split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS value
  FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c LEFT JOIN pg_database d ON d.oid = s.setdatabase
  WHERE s.setrole = app AND split_part(c, '=', 1) NOT IN ${neverCopied} AND octet_length(c) <= ${mostBytes}
  ORDER BY d.datname NULLS FIRST LIMIT ${mostSettings} LOOP
BEGIN
SELECT string_agg(quote_ident(part), '.' ORDER BY place) INTO setting
  FROM unnest(string_to_array(one.name, '.')) WITH ORDINALITY AS parts (part, place);
IF one.name NOT IN ${lists} THEN
command := quote_literal(one.value);
ELSIF one.value = '' AND one.name LIKE '%_preload_libraries' THEN
CONTINUE;
ELSE
SELECT coalesce(string_agg(quote_literal(CASE WHEN e[1] LIKE '"%' THEN replace(substr(e[1], 2, length(e[1]) - 2), '""', '"')
  ELSE lower(e[1]) END), ', ' ORDER BY place), '''''') INTO command
  FROM regexp_matches(one.value, '("(?:[^"]|"")*"|[^",[:space:]]+)', 'g') WITH ORDINALITY AS elements (e, place);
END IF;
EXECUTE format('ALTER ROLE %I %sSET %s TO %s', pg_get_userbyid(twin), ${inDatabase}, setting, command);
EXCEPTION WHEN OTHERS THEN NULL;
END;
END LOOP;
FOR one IN SELECT d.datname, ${roleTaken("app", "places.database", major)} AS taken
  FROM (SELECT 0::oid AS database UNION SELECT s.setdatabase FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c
    WHERE s.setrole IN (app, 0) AND c LIKE 'role=%') AS places LEFT JOIN pg_database d ON d.oid = places.database LOOP
EXECUTE format('ALTER ROLE %I %sSET role TO %L', pg_get_userbyid(twin), ${inDatabase}, one.taken);
END LOOP;
IF NOT EXISTS (SELECT FROM pg_roles a, pg_roles b WHERE a.oid = app AND b.oid = twin AND b.rolinherit
    AND (a.rolcanlogin, a.rolconnlimit, coalesce(a.rolvaliduntil, 'infinity')) = (b.rolcanlogin, b.rolconnlimit, coalesce(b.rolvaliduntil, 'infinity')))
  OR NOT (SELECT ${works} FROM pg_auth_members m WHERE m.member = twin AND m.roleid = app)
  OR NOT EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setrole = twin AND s.setdatabase = 0
    AND format('role=%s', ${roleTaken("app", "0::oid", major)}) = ANY (s.setconfig)) THEN
RAISE EXCEPTION USING ERRCODE = '${ownStates.notSecondLogin}', MESSAGE = format('%I did not become a second login of %I', pg_get_userbyid(twin), pg_get_userbyid(app));
END IF;
END;
`;
}

/** On 14, a role may grant itself to another role, which can then act as the user, or to the user, which makes a loop. */
const revokeMembers = `FOR one IN SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
  WHERE m.roleid = twin AND r.rolname <> session_user LOOP
EXECUTE format('REVOKE %I FROM %I', pg_get_userbyid(twin), one.rolname);
END LOOP;
`;

/**
 * Query for differences between the clone and the user after {@link copyLogin}: names of settings that could not be copied
 * or reset, and other roles that the clone is a member of.
 */
export function differencesQuery(username: string): string {
  const settings = (role: string): string => `SELECT split_part(c, '=', 1) AS name, s.setdatabase,
    CASE WHEN split_part(c, '=', 1) IN ${lists} THEN replace(replace(lower(c), '"', ''), ' ', '') ELSE c END AS setting
    FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c JOIN pg_roles r ON r.oid = s.setrole
    WHERE r.rolname = ${escapeLiteral(role)} AND split_part(c, '=', 1) NOT IN ${neverCopied}`;
  const [user, clone] = [settings(username), settings(cloneOf(username))];
  return `SELECT ARRAY(SELECT DISTINCT name FROM ((${user} EXCEPT ${clone}) UNION (${clone} EXCEPT ${user})) AS different
  ORDER BY 1 LIMIT 20) AS settings,
ARRAY(SELECT DISTINCT pg_get_userbyid(m.roleid)::text FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
  WHERE r.rolname = ${escapeLiteral(cloneOf(username))} AND pg_get_userbyid(m.roleid) <> ${escapeLiteral(username)}) AS memberships`;
}
