import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Postgres, startPostgres } from "../../emulators/postgres/postgres";
import { sharedPostgres } from "./sharedPostgres";

/** A PostgreSQL installation of this machine. */
export interface PostgresInstallation {
  /** For the title of a test. */
  readonly name: string;
  /** The one server of this process with these binaries, started on first use. */
  start(): Promise<Postgres>;
}

const debian = "/usr/lib/postgresql";
const started = new Map<string, Promise<Postgres>>();

/** Whether to run every test on every server. ATTACK_RUNS is also the number of runs of generated attacks. */
export const thorough = process.env.ATTACK_RUNS !== undefined;

/** npm's server, those of the distribution, and those that POSTGRES_BIN_DIRS names. */
export function servers(): readonly PostgresInstallation[] {
  const installed = existsSync(debian) ? readdirSync(debian).map((major) => join(debian, major, "bin")) : [];
  const named = (process.env.POSTGRES_BIN_DIRS ?? "").split(delimiter).filter(Boolean);
  const others = [...new Set([...named, ...installed])].filter((folder) => existsSync(join(folder, "initdb")));
  return [
    { name: "npm's PostgreSQL", start: sharedPostgres },
    ...others.map((binDir) => ({ name: `PostgreSQL of ${binDir}`, start: () => serverOf(binDir) })),
  ];
}

function serverOf(binDir: string): Promise<Postgres> {
  const running = started.get(binDir) ?? sharedPostgres().then(({ authority }) => startPostgres({ binDir, authority }));
  started.set(binDir, running);
  return running;
}
