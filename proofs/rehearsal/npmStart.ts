import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { on, once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export interface ProcessResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const root = join(__dirname, "../..");

/** Starts the rehearsal as `npm start` does. */
export function startRehearsal(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  const options = { cwd: root, env: { ...process.env, ...env } };
  return spawn(process.execPath, ["--import", "tsx", "proofs/rehearsal/main.ts", ...args], options);
}

/** Runs the rehearsal as `npm start` does. */
export function npmStart(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<ProcessResult> {
  return processResult(startRehearsal(args, env));
}

/** Waits until a process has printed a text. @returns all that it has printed @throws Error if it ends before */
export async function printed(child: ChildProcessWithoutNullStreams, awaited: string): Promise<string> {
  let all = "";
  for await (const [data] of on(child.stdout, "data", { close: ["end"] })) {
    all += data;
    if (all.includes(awaited)) return all;
  }
  throw new Error(`the process ended:\n${all}`);
}

/** Waits for the end of a process. */
export async function processResult(child: ChildProcessWithoutNullStreams): Promise<ProcessResult> {
  child.stdin.end();
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, stdout, stderr };
}
