import { PassThrough } from "node:stream";
import { runCommandLine } from "../../cli/run";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout as JSON. */
  json(): Record<string, unknown>;
}

export interface RunOptions {
  /** The input at a terminal. @default there is no terminal */
  readonly typed?: string;
  readonly stdin?: string;
  readonly now?: () => Date;
  /** Milliseconds between two polls. @default 20 */
  readonly pollMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command line with streams of its own. */
export async function runOps(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  options: RunOptions = {},
): Promise<CommandResult> {
  const { typed, stdin: piped = "", now, pollMs = 20 } = options;
  const isTTY = typed !== undefined;
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  if (typed === undefined) stdin.end(piped);
  else stdin.write(`${typed}\n`);
  const written = { stdout: "", stderr: "" };
  for (const [name, stream] of Object.entries({ stdout, stderr })) {
    stream.on("data", (chunk: Buffer) => {
      written[name as "stdout"] += chunk.toString();
    });
  }
  const streams = { stdin, stdout, stderr, env: { NO_COLOR: "1", ...env, ...options.env } };
  const code = await runCommandLine(args, streams, { pollMs, ...(now && { now }) });
  await new Promise(setImmediate);
  return {
    code,
    ...written,
    json: () => JSON.parse(written.stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>,
  };
}
