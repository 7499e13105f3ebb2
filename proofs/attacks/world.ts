import { Client } from "pg";
import type { Lambda } from "../../emulators/lambda/lambda";
import { type Postgres, queryAndEnd } from "../../emulators/postgres/postgres";
import { mostIterations } from "../../rotation-fn/database/scramVerifier";
import { startWorld, type World } from "../world/world";

let shared: Promise<World> | undefined;

/** The one Secrets Manager of all attacks in this process. */
export function sharedWorld(): Promise<World> {
  shared ??= startWorld();
  return shared;
}

const functions = new Map<string, Lambda>();

/** The function with such an environment. As in Lambda, one function rotates all secrets. */
export function functionWith(world: World, ca: string, environment: Readonly<Record<string, string>>): Lambda {
  const key = JSON.stringify([ca, environment]);
  const fn = functions.get(key) ?? world.addFunction({ ca, environment });
  functions.set(key, fn);
  return fn;
}

const versions = new Map<Postgres, Promise<number>>();

/** `server_version_num`, such as 150020 for 15.20. */
export function serverVersionOf(postgres: Postgres): Promise<number> {
  const version =
    versions.get(postgres) ??
    postgres
      .query<{ version: number }>("SELECT current_setting('server_version_num')::int AS version")
      .then(({ rows }) => rows[0]?.version ?? 0);
  versions.set(postgres, version);
  return version;
}

/** The options of a grant by which an administrator only manages a role. */
export async function adminGrantOptions(postgres: Postgres): Promise<string> {
  return (await serverVersionOf(postgres)) >= 160000
    ? "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"
    : "WITH ADMIN OPTION";
}

/** Runs SQL as the superuser. */
export async function asSuperuser(
  postgres: Postgres,
  text: string,
  database = "postgres",
): Promise<Record<string, unknown>[]> {
  const { superuser, superuserPassword } = postgres;
  return (await queryAndEnd(await sessionWithDefaults(postgres, superuser, superuserPassword, database), text)).rows;
}

/** A session with the default values of the settings that a role or a database may change. */
export async function sessionWithDefaults(
  postgres: Postgres,
  user: string,
  password: string,
  database: string,
): Promise<Client> {
  const { host, port, ca } = postgres;
  const options =
    `-c local_preload_libraries= -c post_auth_delay=0 -c tcp_user_timeout=0 -c statement_timeout=0 -c lock_timeout=0
    -c idle_session_timeout=0 -c default_transaction_read_only=off -c search_path=pg_catalog -c role=none
    -c standard_conforming_strings=on -c array_nulls=on -c exit_on_error=off -c quote_all_identifiers=off
    ${(await serverVersionOf(postgres)) >= 170000 ? "-c transaction_timeout=0" : ""}`.replace(/\s+/g, " ");
  // Users may raise scram_iterations up to the function's limit.
  const limits = { scramMaxIterations: mostIterations };
  const client = new Client({ ...limits, host, port, user, password, database, options, ssl: { ca } });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}
