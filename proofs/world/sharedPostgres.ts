import { randomBytes } from "node:crypto";
import { type Postgres, type PostgresLogin, startPostgres } from "../../emulators/postgres/postgres";
import type { StoredLogin } from "./testSecret";

let server: Promise<Postgres> | undefined;

/**
 * The one PostgreSQL of this process, started on first use. Each test uses a `freshLogin` and does not change the server's
 * settings.
 */
export function sharedPostgres(): Promise<Postgres> {
  server ??= startPostgres();
  return server;
}

/**
 * Creates a role with a new name and a password.
 *
 * @param attributes more attributes of the role, such as "CREATEROLE"
 */
export async function freshRole(postgres: Postgres, attributes = ""): Promise<StoredLogin> {
  const username = `test_${randomBytes(6).toString("hex")}`;
  const password = randomPassword();
  await postgres.query(`CREATE ROLE ${username} LOGIN ${attributes} PASSWORD '${password}'`);
  return { username, password };
}

export interface FreshLogin extends Required<PostgresLogin> {
  readonly postgres: Postgres;
}

/** A {@link freshRole}, for one test, with the database that all tests share. */
export async function freshLogin(attributes = ""): Promise<FreshLogin> {
  const postgres = await sharedPostgres();
  const { username: user, password } = await freshRole(postgres, attributes);
  return { postgres, user, password, database: "postgres" };
}

/** Databases of tests, oldest first. Each takes 7 MB, and mutation testing runs the tests of a process many times. */
const databases: string[] = [];
const kept = 200;

/** A {@link freshLogin} that owns a database of the same name. Creating one takes longer than a rotation. */
export async function freshOwner(): Promise<FreshLogin> {
  const login = await freshLogin();
  const { postgres, user } = login;
  await postgres.query(`CREATE DATABASE ${user} OWNER ${user}`);
  databases.push(user);
  if (databases.length > kept) await postgres.query(`DROP DATABASE IF EXISTS ${databases.shift()} WITH (FORCE)`);
  return { ...login, database: user };
}

export function randomPassword(): string {
  return randomBytes(18).toString("base64url");
}
