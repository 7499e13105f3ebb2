import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Client, type QueryResult } from "pg";
import type { FunctionUnderTest } from "../../emulators/lambda/functionUnderTest";
import { loadFunction } from "../../emulators/lambda/loadedFunction";
import type { Postgres } from "../../emulators/postgres/postgres";
import { type SecretsManager, startSecretsManager } from "../../emulators/secrets-manager";
import { archive } from "../world/archive";

export interface Service {
  readonly service: SecretsManager;
  readonly client: SecretsManagerClient;
}

let shared: Promise<Service> | undefined;

async function startService(): Promise<Service> {
  const service = await startSecretsManager({
    retries: 0,
    invoke: async () => ({ ok: false, errorType: "Held", errorMessage: "the test takes the steps" }),
  });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return {
    service,
    client: new SecretsManagerClient({ endpoint: service.endpoint, region: "us-east-1", credentials }),
  };
}

/** The one Secrets Manager of this process. */
export function sharedService(): Promise<Service> {
  shared ??= startService();
  return shared;
}

interface Loaded {
  readonly underTest: FunctionUnderTest;
  /** What it wrote. */
  readonly lines: string[];
}

const functions = new Map<string, Loaded>();

/** The function with such an environment: one in this process, as Lambda has one for all secrets. */
export function functionWith(ca: string, environment: Readonly<Record<string, string>>): Loaded {
  const key = JSON.stringify([ca, environment]);
  const lines: string[] = [];
  const known = functions.get(key) ?? {
    underTest: loadFunction({ files: archive(ca), environment, onLog: (line) => void lines.push(line) }),
    lines,
  };
  functions.set(key, known);
  return known;
}

const versions = new Map<Postgres, Promise<number>>();

/** 150020 for 15.20. */
export function version(postgres: Postgres): Promise<number> {
  const known =
    versions.get(postgres) ??
    postgres
      .query<{ version: number }>("SELECT current_setting('server_version_num')::int AS version")
      .then(({ rows }) => rows[0]?.version ?? 0);
  versions.set(postgres, known);
  return known;
}

const superusers = new Map<Postgres, Promise<Client>>();
/** One after the other: they share a session. */
let last: Promise<unknown> = Promise.resolve();

/** Runs SQL as the superuser, in the database `postgres`: in a session that is kept, and as it was at its start. */
export function asSuperuser(postgres: Postgres, text: string): Promise<Record<string, unknown>[]> {
  const run = async () => {
    const client = await superuserOf(postgres);
    try {
      return rowsOf(await client.query(text));
    } finally {
      await client.query("DISCARD ALL").catch(() => superusers.delete(postgres));
    }
  };
  const rows = last.then(run, run);
  last = rows.catch(() => undefined);
  return rows;
}

function superuserOf(postgres: Postgres): Promise<Client> {
  const { superuser, superuserPassword } = postgres;
  const known = superusers.get(postgres);
  if (known !== undefined) return known;
  const session = calmSession(postgres, superuser, superuserPassword, "postgres");
  superusers.set(postgres, session);
  // A server that was restarted gets a new one.
  const forget = () => superusers.delete(postgres);
  session.then((client) => client.once("end", forget), forget);
  return session;
}

/** A session that no setting of a role or a database disturbs. */
export async function calmSession(
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
    ${(await version(postgres)) >= 170000 ? "-c transaction_timeout=0" : ""}`.replace(/\s+/g, " ");
  const client = new Client({ host, port, user, password, database, options, ssl: { ca } });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Runs SQL in a session of its own. @returns the rows of the last statement */
export async function run(client: Client, text: string): Promise<Record<string, unknown>[]> {
  try {
    return rowsOf(await client.query(text));
  } finally {
    await client.end();
  }
}

function rowsOf(results: QueryResult | QueryResult[]): Record<string, unknown>[] {
  return [results].flat().at(-1)?.rows ?? [];
}
