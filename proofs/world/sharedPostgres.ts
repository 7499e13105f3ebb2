import { randomBytes } from "node:crypto";
import { type Postgres, type PostgresLogin, startPostgres } from "../../emulators/postgres/postgres";

let server: Promise<Postgres> | undefined;

/**
 * The one PostgreSQL of this process, started on first use. Each test uses a `freshLogin` and does not change the server's
 * settings.
 */
export function sharedPostgres(): Promise<Postgres> {
  server ??= startPostgres();
  return server;
}

export interface FreshLogin extends Required<PostgresLogin> {
  readonly postgres: Postgres;
}

/**
 * Creates a role with a password, and a database that it owns, both with a new name.
 *
 * @param attributes more attributes of the role, such as "CREATEROLE"
 */
export async function freshLogin(attributes = ""): Promise<FreshLogin> {
  const postgres = await sharedPostgres();
  const user = `test_${randomBytes(6).toString("hex")}`;
  const password = randomPassword();
  await postgres.query(`CREATE ROLE ${user} LOGIN ${attributes} PASSWORD '${password}'`);
  await postgres.query(`CREATE DATABASE ${user} OWNER ${user}`);
  return { postgres, user, password, database: user };
}

export function randomPassword(): string {
  return randomBytes(18).toString("base64url");
}
