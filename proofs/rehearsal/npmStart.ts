import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export interface ProcessResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** When a signal is sent, and what is done before. */
export interface Interruption {
  /** The signal is sent after this was printed. */
  readonly at: string;
  readonly by: NodeJS.Signals;
  before?(printed: string): Promise<void>;
}

export const root = join(__dirname, "../..");

/** Runs the rehearsal as `npm start` does. */
export function npmStart(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  interruption?: Interruption,
): Promise<ProcessResult> {
  const options = { cwd: root, env: { ...process.env, ...env } };
  const child = spawn(process.execPath, ["--import", "tsx", "proofs/rehearsal/main.ts", ...args], options);
  let printed = "";
  child.stdout.on("data", (data: Buffer) => {
    const before = printed;
    printed += data.toString();
    if (interruption === undefined || before.includes(interruption.at) || !printed.includes(interruption.at)) return;
    Promise.resolve(interruption.before?.(printed)).finally(() => child.kill(interruption.by));
  });
  return processResult(child);
}

/** Waits for the end of a process. */
export async function processResult(child: ChildProcessWithoutNullStreams): Promise<ProcessResult> {
  child.stdin.end();
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, stdout, stderr };
}
