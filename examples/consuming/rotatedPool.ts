import { setTimeout as sleep } from "node:timers/promises";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Pool, type PoolConfig, type QueryResult, type QueryResultRow } from "pg";

/** Pauses before the secret is read again, in milliseconds: a single user's new password becomes current a moment late. */
const rereadAfterMs = [0, 200, 500, 1000, 2000, 4000];

/** The pool of one password, and how many statements are under way in it. */
interface Generation {
  readonly pool: Promise<Pool>;
  running: number;
}

/** A pool of connections for a login that is rotated. */
export class RotatedPool {
  readonly #client: SecretsManagerClient;
  readonly #secretId: string;
  readonly #options: PoolConfig;
  #generation: Generation | undefined;

  /** @param options - As for `pg`'s Pool, but for what the secret says: host, port, database, user and password. */
  constructor(client: SecretsManagerClient, secretId: string, options: PoolConfig = {}) {
    this.#client = client;
    this.#secretId = secretId;
    this.#options = options;
  }

  /** Runs one statement. A log-in that is refused has run nothing: it is repeated with what the secret says by then. */
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
        // Of many that are refused at once, the first one forgets the pool, and all use the next.
        if (this.#generation === used) this.#generation = undefined;
      } finally {
        used.running--;
        // Not before: `end` leaves statements that wait for a connection waiting for ever.
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
    // A secret that could not be read is read again by the next statement.
    pool.catch(() => {
      this.#generation = undefined;
    });
    return { pool, running: 0 };
  }

  /** No VersionStage: that is AWSCURRENT. The user is part of what is read, because two users may take turns. */
  async #open(): Promise<Pool> {
    const { SecretString = "{}" } = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#secretId }));
    const value = JSON.parse(SecretString);
    const { host, port = 5432, dbname: database = "postgres", username: user, password } = value;
    const pool = new Pool({ ...this.#options, host, port, database, user, password });
    // A connection that ends while it is idle must not end the process.
    pool.on("error", () => undefined);
    return pool;
  }
}

/** SQLSTATE 28P01 and 28000, which are given to nobody but who is logging in. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "28P01" || error.code === "28000");
}
