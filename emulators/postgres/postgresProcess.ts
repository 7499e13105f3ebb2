import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import path from "node:path";
import { atExit } from "../atExit";

/** The user and group that a server process runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. Root hands it to `postgres`, or to `nobody`, which every Unix has: so no user has
 * to be made on the machine. Everybody else runs it as themselves (undefined).
 */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ["postgres", "nobody"]) {
    try {
      return { uid: idOf("-u", user), gid: idOf("-g", user) };
    } catch {
      // There is no such user: try the next.
    }
  }
  throw new Error("PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody`.");
}

function idOf(flag: "-u" | "-g", user: string): number {
  return Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
}

/** Makes a database cluster. @throws Error with what `initdb` said */
export async function runInitdb(
  program: string,
  account: Account | undefined,
  cwd: string,
  args: readonly string[],
): Promise<void> {
  const child = spawn(program, args, { ...account, cwd, env: environment() });
  const forget = atExit(() => child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const outcome = await ended(child);
  forget();
  if (outcome !== "code 0") throw new Error(`initdb failed (${outcome}):\n${lastLines(output)}`);
}

/** One server process over one data folder; it can be started and stopped again and again. */
export class PostgresProcess {
  /** All that the server wrote so far, over all its starts. */
  log = "";
  #child: ChildProcess | undefined;
  readonly #watchers = new Set<() => void>();

  constructor(
    readonly program: string,
    readonly dataDir: string,
    readonly account: Account | undefined,
  ) {}

  /** @throws Error with the log's last lines when the server ends before it is ready */
  async start(): Promise<void> {
    const from = this.log.length;
    const child = spawn(this.program, ["-D", this.dataDir], {
      ...this.account,
      cwd: path.dirname(this.dataDir),
      env: environment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.log += text;
      for (const look of this.#watchers) look();
    });
    // Rejects only: a server that never starts is an error, one that ends later is the caller's doing.
    const early = ended(child).then((outcome) => {
      throw new Error(`PostgreSQL did not start (${outcome}):\n${lastLines(this.log.slice(from))}`);
    });
    early.catch(() => {});
    await Promise.race([early, this.logged("database system is ready to accept connections", from)]);
  }

  /** Resolves once the log holds the text, looking from an offset on. */
  logged(text: string, from = 0): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.log.includes(text, from)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Makes the server read its files anew. Whoever connects after this has resolved meets the new state. */
  async reload(): Promise<void> {
    const from = this.log.length;
    this.#child?.kill("SIGHUP");
    // The postmaster writes this line at the start of its reload and accepts no connection before the end of it.
    await this.logged("received SIGHUP", from);
  }

  /** Stops the server at once but cleanly, breaking off open connections (a "fast shutdown"). */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const end = ended(child);
    child.kill("SIGINT");
    // A session that is in the middle of something can hold a "fast shutdown" up; the data goes anyway, or is replayed.
    const impatient = setTimeout(() => child.kill("SIGQUIT"), 5_000);
    await end;
    clearTimeout(impatient);
  }

  /** Ends the server without waiting for anything (an "immediate shutdown"). */
  kill(): void {
    this.#child?.kill("SIGQUIT");
  }
}

/** How a process ended: "code 1", "signal SIGKILL", or why it never ran. */
function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === null ? `signal ${signal}` : `code ${code}`));
  });
}

/** The caller's environment without what would lead PostgreSQL astray (PGDATA, PGPORT, …) and with English messages. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("PG") && !/^(LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: "C" };
}

function lastLines(text: string, count = 20): string {
  return text.trimEnd().split("\n").slice(-count).join("\n") || "(it wrote nothing)";
}
