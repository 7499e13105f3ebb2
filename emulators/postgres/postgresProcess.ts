import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import path from "node:path";
import { promisify } from "node:util";
import { atExit } from "../atExit";

/** The user and group that a server process runs as. */
export interface SystemAccount {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. Root runs it as the system user `postgres`, or as `nobody`, which every Unix has.
 * Any other user runs it under the same user (undefined).
 */
export function unprivilegedAccount(): SystemAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ["postgres", "nobody"]) {
    try {
      return { uid: idOf("-u", user), gid: idOf("-g", user) };
    } catch {
      // This user does not exist: try the next.
    }
  }
  throw new Error("PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody`.");
}

function idOf(flag: "-u" | "-g", user: string): number {
  return Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
}

/** Creates a database cluster. @throws Error with the output of `initdb` */
export async function runInitdb(
  program: string,
  account: SystemAccount | undefined,
  cwd: string,
  args: readonly string[],
): Promise<void> {
  const running = promisify(execFile)(program, args, { ...account, cwd, env: environment() });
  const removeCleanup = atExit(() => running.child.kill("SIGKILL"));
  try {
    await running;
  } catch (cause) {
    const { message, stdout = "", stderr = "" } = cause as Error & { stdout?: string; stderr?: string };
    throw new Error(`initdb failed (${message.split("\n")[0]}):\n${lastLines(stdout + stderr)}`);
  } finally {
    removeCleanup();
  }
}

/** The server process of one data folder. It can be started and stopped repeatedly. */
export class PostgresProcess {
  /** The output of the server since its first start. */
  log = "";
  #child: ChildProcess | undefined;
  readonly #output = new EventEmitter().setMaxListeners(0);

  constructor(
    readonly program: string,
    readonly dataDir: string,
    readonly account: SystemAccount | undefined,
  ) {}

  /** @throws Error with the log's last lines if the server ends before it is ready */
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
      this.#output.emit("text");
    });
    // A server that does not start is an error. One that ends later was stopped by the caller.
    const prematureEnd = ended(child).then((outcome) => {
      throw new Error(`PostgreSQL did not start (${outcome}):\n${lastLines(this.log.slice(from))}`);
    });
    prematureEnd.catch(() => {});
    await Promise.race([prematureEnd, this.logged("database system is ready to accept connections", from)]);
  }

  /** Resolves when the log contains the text after an offset. */
  async logged(text: string, from = 0): Promise<void> {
    while (!this.log.includes(text, from)) await once(this.#output, "text");
  }

  /** Makes the server read its files again. Connections after this has resolved use the new state. */
  async reload(): Promise<void> {
    const from = this.log.length;
    this.#child?.kill("SIGHUP");
    // The postmaster writes this line at the start of a reload, and accepts no connection before its end.
    await this.logged("received SIGHUP", from);
  }

  /** Stops the server cleanly, and closes open connections (a "fast shutdown"). */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const end = ended(child);
    child.kill("SIGINT");
    // A busy session can delay a "fast shutdown". The data is removed anyway, or recovered at the next start.
    const immediateShutdown = setTimeout(() => child.kill("SIGQUIT"), 5_000);
    await end;
    clearTimeout(immediateShutdown);
  }

  /** Ends the server without waiting for anything (an "immediate shutdown"). */
  kill(): void {
    this.#child?.kill("SIGQUIT");
  }
}

/** How a process ended: "code 1", "signal SIGKILL", or why it did not start. */
function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === null ? `signal ${signal}` : `code ${code}`));
  });
}

/** The caller's environment without variables that PostgreSQL reads (PGDATA, PGPORT, …), and with English messages. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("PG") && !/^(LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: "C" };
}

function lastLines(text: string, count = 20): string {
  return text.trimEnd().split("\n").slice(-count).join("\n") || "(it wrote nothing)";
}
