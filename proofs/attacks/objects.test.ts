import fc from "fast-check";
import { escapeIdentifier, escapeLiteral } from "pg";
import { concurrentTests } from "../mocha/concurrentTests";
import { assertRotatesWithoutGain, createAttackingCode } from "./privileges";
import { type AttackTarget, type AttackTargetOptions, target, titleOf, withAdministrator } from "./target";

/** An object that the owner of a database can create, and that a query of another role could use by its name. */
interface AttackingObject {
  readonly kind: (typeof kinds)[number];
  /** The name of a function, aggregate, operator, type or view of pg_catalog. */
  readonly name: string;
}

const kinds = ["function", "aggregate", "operator", "type", "view", "cast"] as const;

/** Names that queries of catalogs use. */
const names: Readonly<Record<AttackingObject["kind"], readonly string[]>> = {
  function: words(`
    format quote_ident quote_literal quote_nullable current_setting set_config pg_has_role
    has_database_privilege has_schema_privilege has_table_privilege aclexplode unnest array_length split_part
    strpos substr substring replace concat_ws concat to_jsonb jsonb_each_text pg_get_userbyid pg_backend_pid
    pg_is_in_recovery current_database version now length octet_length lower upper starts_with regexp_replace
    regexp_match left right btrim cardinality array_to_string string_to_array encode decode md5 age isfinite
    generate_series pg_get_function_identity_arguments pg_describe_object pg_identify_object parse_ident text
    name array_position array_remove jsonb_array_elements_text json_build_object pg_stat_get_activity int4
  `),
  aggregate: words("array_agg bool_or bool_and string_agg count max min jsonb_agg json_agg every"),
  operator: words("= <> < > >= || ~ !~ ~~ !~~ -> ->> #>> @> - + && ?"),
  type: words(`
    text name oid regclass regrole regproc regnamespace bool int4 int8 jsonb json aclitem timestamptz _text
    _name _oid char varchar
  `),
  view: words(`
    pg_roles pg_authid pg_auth_members pg_db_role_setting pg_database pg_class pg_namespace pg_proc pg_type
    pg_shdepend pg_shadow pg_user pg_settings pg_stat_ssl pg_stat_activity pg_attribute pg_default_acl
    pg_extension pg_locks pg_group pg_stat_statements
  `),
  cast: words("text name int4 bool"),
};

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** Signatures that pg_catalog does not have: PostgreSQL prefers an exact match. */
const signatures = [
  ...["text", "name", "oid", "text, text", "text, name", "name, text", "name, name", "oid, oid", "oid, oid, text"],
  ...["name, name, text", "text, text, text", "text, name, name", "text, text, text, text", "text, boolean"],
  ...["name, oid, text", "oid, text", "text[]", "text, integer", "text, text, integer", "anyelement"],
];

/**
 * Returns SQL that creates the objects in a schema, except objects that only a superuser can create. Each object runs
 * `attack.execute()`, and then, if possible, the object of pg_catalog with the same name, so that the rotation
 * continues.
 */
function createObjectsSql(objects: readonly AttackingObject[], schema: string): string {
  const into = escapeLiteral(schema);
  return `CREATE SCHEMA IF NOT EXISTS ${escapeIdentifier(schema)};
GRANT USAGE ON SCHEMA ${escapeIdentifier(schema)} TO PUBLIC;
DO $make$
DECLARE
  made text;
  s text;
BEGIN
${objects.map((object) => creationSql[object.kind](escapeLiteral(object.name), into)).join("\n")}
END $make$;
GRANT SELECT ON ALL TABLES IN SCHEMA ${escapeIdentifier(schema)} TO PUBLIC`;
}

const attempt = (statement: string): string => `BEGIN EXECUTE ${statement}; EXCEPTION WHEN OTHERS THEN NULL; END;`;

const creationSql: Readonly<Record<AttackingObject["kind"], (name: string, schema: string) => string>> = {
  function: (name, schema) => `
    FOR made IN SELECT pg_catalog.format('CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', ${schema}, proname,
        pg_catalog.pg_get_function_identity_arguments(oid), pg_catalog.pg_get_function_result(oid), 'BEGIN PERFORM attack.execute(); '
        || CASE WHEN proretset THEN 'RETURN QUERY SELECT * FROM' ELSE 'RETURN' END || pg_catalog.format(' pg_catalog.%I(%s%s); END', proname,
          CASE WHEN provariadic <> 0 AND pronargs = 1 THEN 'VARIADIC ' ELSE '' END,
          (SELECT pg_catalog.string_agg(CASE WHEN provariadic <> 0 AND n = pronargs AND n > 1 THEN 'VARIADIC $' ELSE '$' END || n, ', ')
            FROM pg_catalog.generate_series(1, pronargs) n)))
      FROM pg_catalog.pg_proc WHERE proname = ${name} AND pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f'
    LOOP ${attempt("made")} END LOOP;
    FOREACH s IN ARRAY ARRAY[${signatures.map((text) => escapeLiteral(text)).join(", ")}] LOOP
      ${attempt(`pg_catalog.format('CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', ${schema}, ${name}, s,
        coalesce((SELECT prorettype::regtype::text FROM pg_catalog.pg_proc WHERE proname = ${name} ORDER BY oid LIMIT 1), 'text'),
        'BEGIN PERFORM attack.execute(); RETURN NULL; END')`)}
    END LOOP;`,
  aggregate: (name, schema) => `
    FOREACH s IN ARRAY ARRAY['boolean', 'text', 'name', 'oid', 'integer', 'bigint', 'jsonb', 'text, text', 'timestamptz'] LOOP
      ${attempt(`pg_catalog.format('CREATE FUNCTION %I.fold(state text, %s) RETURNS text LANGUAGE plpgsql AS %L', ${schema}, s,
        'BEGIN PERFORM attack.execute(); RETURN NULL; END')`)}
      ${attempt(`pg_catalog.format('CREATE AGGREGATE %I.%I(%s) (SFUNC = %1$I.fold, STYPE = text)', ${schema}, ${name}, s)`)}
    END LOOP;`,
  operator: (name, schema) => `
    FOR made, s IN SELECT pg_catalog.format('CREATE FUNCTION %I.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', ${schema},
        'op_' || o.oid, oprleft::regtype, oprright::regtype, oprresult::regtype,
        pg_catalog.format('BEGIN PERFORM attack.execute(); RETURN $1 OPERATOR(pg_catalog.%s) $2; END', oprname)),
        pg_catalog.format('CREATE OPERATOR %I.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = %1$I.%5$I)', ${schema}, oprname,
        oprleft::regtype, oprright::regtype, 'op_' || o.oid)
      FROM pg_catalog.pg_operator o WHERE oprname = ${name} AND oprkind = 'b' AND oprresult <> 0 AND oprcode <> 0
        AND oprleft IN ('text'::regtype, 'name'::regtype, 'oid'::regtype, 'boolean'::regtype, 'integer'::regtype,
          'jsonb'::regtype, 'timestamptz'::regtype, 'anyarray'::regtype, 'anycompatiblearray'::regtype, 'bigint'::regtype, 'char'::regtype)
    LOOP ${attempt("made")} ${attempt("s")} END LOOP;`,
  type: (name, schema) =>
    attempt(`pg_catalog.format('CREATE DOMAIN %I.%I AS pg_catalog.%2$I CHECK (attack.execute())', ${schema}, ${name})`),
  view: (name, schema) =>
    attempt(
      `pg_catalog.format('CREATE VIEW %I.%I AS SELECT * FROM pg_catalog.%2$I WHERE attack.execute()', ${schema}, ${name})`,
    ),
  // A cast needs a type of its own: an enum, which an expression uses if it finds the enum's name first.
  cast: (name, schema) => `
    ${attempt(`pg_catalog.format('CREATE TYPE %I.%I AS ENUM (''none'', ''app'')', ${schema}, ${name})`)}
    ${attempt(`pg_catalog.format('CREATE FUNCTION %I.cast_text(%1$I.%2$I) RETURNS pg_catalog.text LANGUAGE plpgsql AS %3$L', ${schema}, ${name},
      'BEGIN PERFORM attack.execute(); RETURN NULL; END')`)}
    ${attempt(`pg_catalog.format('CREATE CAST (%I.%I AS pg_catalog.text) WITH FUNCTION %1$I.cast_text(%1$I.%2$I) AS IMPLICIT', ${schema}, ${name})`)}`,
};

/** The schema of the objects, and SQL that puts it before pg_catalog or into the search path. */
const places = {
  "a schema that the database's search_path has first": ({ database }: AttackTarget) => ({
    schema: "attack_names",
    sql: `ALTER DATABASE ${database} SET search_path = attack_names, pg_catalog, public`,
  }),
  "the schema public, which the path has by default": () => ({ schema: "public", sql: "" }),
  "a schema with the administrator's name, which the path has by default": ({ database, admin }: AttackTarget) => ({
    schema: admin.username,
    sql: `ALTER DATABASE ${database} SET search_path = "$user", pg_catalog`,
  }),
  "a schema that the user's own search_path has first": ({ user }: AttackTarget) => ({
    schema: "attack_names",
    sql: `ALTER ROLE ${user} SET search_path = attack_names, pg_catalog, pg_temp`,
  }),
} as const;
type Place = keyof typeof places;

/** The administrator logs in to the user's database, so only the settings of the session itself protect it. */
async function attack(options: AttackTargetOptions, place: Place, objects: readonly AttackingObject[]): Promise<void> {
  const t = await target({ ...options, adminDatabase: "own" });
  await createAttackingCode(t);
  const { schema, sql } = places[place](t);
  await t.as(t.user, `${createObjectsSql(objects, schema)}; ${sql}`);
  await assertRotatesWithoutGain(t);
}

const allObjects = kinds.flatMap((kind) => names[kind].map((name): AttackingObject => ({ kind, name })));

const objects = fc.uniqueArray(fc.constantFrom(...allObjects), {
  minLength: 1,
  maxLength: 30,
  selector: ({ kind, name }) => `${kind} ${name}`,
});
const anyPlace = fc.constantFrom(...(Object.keys(places) as Place[]));
const numRuns = Number(process.env.ATTACK_RUNS ?? 3);

/**
 * With alternating users, the function runs more queries: one kind at a time, so that no kind hides the effect of
 * another.
 */
function batches(
  strategy: "single-user" | "alternating-users",
): Readonly<Record<string, readonly AttackingObject["kind"][]>> {
  return strategy === "single-user"
    ? { functions: ["function"], "all others": kinds.filter((kind) => kind !== "function") }
    : Object.fromEntries(kinds.map((kind) => [`${kind}s`, [kind]]));
}

describe("attack by objects with names of pg_catalog", () => {
  for (const options of [withAdministrator.singleBySuperuser, withAdministrator.alternating]) {
    describe(titleOf(options), () =>
      concurrentTests((test) => {
        for (const [what, kindsInBatch] of Object.entries(batches(options.strategy))) {
          test(`${what} before pg_catalog: the user gains no privilege, and the password is rotated`, () =>
            attack(
              options,
              "a schema that the database's search_path has first",
              allObjects.filter(({ kind }) => kindsInBatch.includes(kind)),
            ));
        }
      }),
    );
  }

  it("random objects, anywhere in the path, any administrator: the user gains no privilege, and the password is rotated", async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...Object.values(withAdministrator)), anyPlace, objects, attack), {
      numRuns,
      includeErrorInReport: true,
    });
  });
});
