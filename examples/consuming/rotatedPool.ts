import { setTimeout as sleep } from "node:timers/promises";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Pool, type PoolConfig, type QueryResult, type QueryResultRow } from "pg";

/** Pauses in ms before the secret is read again: a single user's new password becomes AWSCURRENT after the change. */
const rereadAfterMs = [0, 200, 500, 1000, 2000, 4000];

/** The pool of one password, and the number of its running statements. */
interface Generation {
  readonly pool: Promise<Pool>;
  running: number;
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

  /** Runs one statement. After a refused login, nothing has run: the statement is repeated with the current secret. */
  async query<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<QueryResult<Row>> {
    for (const pause of [...rereadAfterMs, undefined]) {
      this.#generation ??= this.#next();
      const used = this.#generation;
      used.running++;
      try {
        return await (await used.pool).query<Row>(text, values);
      } catch (error) {
        if (!isRefused(error) || pause === undefined) throw error;
        await sleep(pause);
        // Of several refused statements, the first one discards the pool, and all of them use the next pool.
        if (this.#generation === used) this.#generation = undefined;
      } finally {
        used.running--;
        // Only now: after `end`, a statement that waits for a connection would wait forever.
        if (this.#generation !== used && used.running === 0)
          used.pool.then((pool) => pool.end()).catch(() => undefined);
      }
    }
    throw new Error("unreachable");
  }

  async end(): Promise<void> {
    await (await this.#generation?.pool)?.end();
  }

  #next(): Generation {
    const pool = this.#open();
    // If the secret cannot be read, the next statement reads it again.
    pool.catch(() => {
      this.#generation = undefined;
    });
    return { pool, running: 0 };
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
