import { setTimeout as sleep } from "node:timers/promises";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Pool, type PoolClient, type PoolConfig, type QueryResult, type QueryResultRow } from "pg";

/** Pauses in ms before the secret is read again: a single user's new password becomes AWSCURRENT after the change. */
const rereadAfterMs = [0, 200, 500, 1000, 2000, 4000];

/** The pool of one password, and the number of its connections in use. */
interface Generation {
  readonly pool: Promise<Pool>;
  connections: number;
}

/** A connection pool for a rotated secret of any strategy. It reads the secret again when a login is refused. */
export class RotatedPool {
  readonly #client: SecretsManagerClient;
  readonly #secretId: string;
  readonly #options: PoolConfig;
  #generation: Generation | undefined;

  /** @param options - Options of `pg`'s Pool, without host, port, database, user and password: the secret has them. */
  constructor(client: SecretsManagerClient, secretId: string, options: PoolConfig = {}) {
    this.#client = client;
    this.#secretId = secretId;
    this.#options = options;
  }

  /** Runs one statement. */
  query<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<QueryResult<Row>> {
    return this.#onConnection((connection) => connection.query<Row>(text, values));
  }

  /** Runs statements in one transaction. An error ends the connection, and so the transaction. */
  transaction<T>(statements: (connection: PoolClient) => Promise<T>): Promise<T> {
    return this.#onConnection(async (connection) => {
      await connection.query("BEGIN");
      const result = await statements(connection);
      const { command } = await connection.query("COMMIT");
      // PostgreSQL answers ROLLBACK to the COMMIT of a transaction in which a statement has failed.
      if (command !== "COMMIT") throw new Error("the transaction was rolled back");
      return result;
    });
  }

  async end(): Promise<void> {
    await (await this.#generation?.pool)?.end();
  }

  async #onConnection<T>(work: (connection: PoolClient) => Promise<T>): Promise<T> {
    const [connection, generation] = await this.#connect();
    let failed = true;
    try {
      const result = await work(connection);
      failed = false;
      return result;
    } finally {
      connection.release(failed);
      this.#releaseGeneration(generation);
    }
  }

  /** Only the login is repeated, with the current secret: no statement runs twice. */
  async #connect(): Promise<[PoolClient, Generation]> {
    for (const pause of [...rereadAfterMs, undefined]) {
      this.#generation ??= this.#newGeneration();
      const generation = this.#generation;
      generation.connections++;
      try {
        return [await (await generation.pool).connect(), generation];
      } catch (error) {
        const isLastAttempt = !isRefused(error) || pause === undefined;
        if (!isLastAttempt) await sleep(pause);
        // The first of several refused logins discards the pool, and all of them use the next pool.
        if (!isLastAttempt && this.#generation === generation) this.#generation = undefined;
        this.#releaseGeneration(generation);
        if (isLastAttempt) throw error;
      }
    }
    throw new Error("unreachable");
  }

  /**
   * Ends a discarded pool only after its last connection: after `end`, a statement that waits for one would never run.
   */
  #releaseGeneration(generation: Generation): void {
    generation.connections--;
    if (this.#generation !== generation && generation.connections === 0)
      generation.pool.then((pool) => pool.end()).catch(() => undefined);
  }

  #newGeneration(): Generation {
    const pool = this.#open();
    // If the secret cannot be read, the next statement reads it again.
    pool.catch(() => {
      this.#generation = undefined;
    });
    return { pool, connections: 0 };
  }

  /** Without `VersionStage`, Secrets Manager returns AWSCURRENT. The user is read too, because users can alternate. */
  async #open(): Promise<Pool> {
    const { SecretString = "{}" } = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#secretId }));
    const value = JSON.parse(SecretString);
    const { host, port = 5432, dbname: database = "postgres", username: user, password } = value;
    const pool = new Pool({ ...this.#options, host, port, database, user, password });
    // Without a listener, an idle connection that ends would end the process.
    pool.on("error", () => undefined);
    return pool;
  }
}

/** SQLSTATE 28P01 and 28000, which PostgreSQL sends only during a login. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "28P01" || error.code === "28000");
}
