import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { type LambdaOptions, lambdaEnvironment, refuseReserved, writeCode } from "./configuration";

export type { LambdaOptions } from "./configuration";

interface Invocation {
  readonly requestId: string;
  /** Whether the invocation started a process. */
  readonly coldStart: boolean;
  /** Lines that the function wrote to stdout and stderr during this invocation. */
  readonly log: readonly string[];
}

interface Failure {
  readonly ok: false;
  /** The error's name, or Lambda's own: "Sandbox.Timedout", "Runtime.ExitError", "Runtime.ImportModuleError", … */
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stack?: string;
}

export type HandlerResult = { readonly ok: true; readonly payload: unknown } | Failure;

export type InvocationResult = Invocation & HandlerResult;

/** One execution environment of a function. */
export interface Lambda {
  readonly functionArn: string;
  /** Passes an event to the function. Invocations run one at a time, as in a Lambda environment. Never rejects. */
  invoke(event: unknown): Promise<InvocationResult>;
  /** All lines of all invocations so far. */
  log(): readonly string[];
  /** Ends the process, as if the environment had crashed. The next invocation is a cold start. */
  kill(): void;
  /** Ends the process and removes the files. */
  stop(): Promise<void>;
}

const BOOTSTRAP = path.join(__dirname, "bootstrap.cjs");

/**
 * Prepares a function to run in a Node.js process of its own, as in Lambda. The process starts with the first invocation.
 *
 * @throws Error if the environment contains variables that Lambda reserves
 */
export function startLambda(options: LambdaOptions): Lambda {
  const { timeoutSeconds = 3, memorySize = 128 } = options;
  const functionArn = functionArnOf(options.functionName);
  refuseReserved(options.environment);
  const { path: root, remove } = writeCode(options.files);
  const lines: string[] = [];
  let sandbox: Sandbox | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  function open(): Sandbox {
    // The heap's two parts, as in Lambda's own bootstrap.
    const heap = [`--max-old-space-size=${(memorySize * 0.9) | 0}`, `--max-semi-space-size=${(memorySize * 0.05) | 0}`];
    return new Sandbox(heap, root, lambdaEnvironment(options, root), (line) => {
      lines.push(line);
      options.onLog?.(line);
    });
  }

  async function invokeNow(event: unknown): Promise<InvocationResult> {
    const requestId = randomUUID();
    const from = lines.length;
    const coldStart = sandbox === undefined || sandbox.ended;
    if (sandbox === undefined || sandbox.ended) sandbox = open();
    const current = sandbox;
    const loaded = await current.loaded;
    if (!loaded.ok) await current.kill();
    const task = { requestId, event, invokedFunctionArn: functionArn };
    const answer = loaded.ok ? await current.run(task, timeoutSeconds) : loaded;
    return { ...answer, requestId, coldStart, log: lines.slice(from) };
  }

  return {
    functionArn,
    invoke(event) {
      const result = queue.then(() => invokeNow(event));
      queue = result;
      return result;
    },
    log: () => lines,
    kill: () => void sandbox?.kill(),
    async stop() {
      await sandbox?.kill();
      await queue;
      await sandbox?.kill();
      remove();
    },
  };
}

/** The ARN of a function of this machine. */
export function functionArnOf(functionName: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`;
}

/** One process, from its start to its end. */
class Sandbox {
  ended = false;
  /** Whether the handler could be loaded. */
  readonly loaded: Promise<{ readonly ok: true } | Failure>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<string>;
  /** Calls back on the marker lines that the bootstrap writes after each invocation. */
  #onMarker: () => void = () => {};

  constructor(nodeOptions: string[], cwd: string, env: Record<string, string>, onLine: (line: string) => void) {
    this.#child = spawn(process.execPath, [...nodeOptions, BOOTSTRAP], {
      ...{ cwd, env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (text: string) => {
        const parts = (rest + text).split("\n");
        rest = parts.pop() ?? "";
        for (const part of parts) {
          // Text without a newline at the end precedes the marker on the same line.
          const [line = "", marker] = part.split("\u0000");
          if (marker === undefined || line !== "") onLine(line);
          if (marker !== undefined) this.#onMarker();
        }
      });
      stream?.on("end", () => {
        if (rest !== "") onLine(rest);
      });
    }
    this.#exited = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(`Error: ${error.message}`));
      // "close", not "exit": only then has all output of the process arrived.
      this.#child.once("close", (code, signal) => resolve(exitReason(code, signal)));
    });
    this.#exited.then(() => {
      this.ended = true;
    });
    this.loaded = Promise.race([
      this.#message<HandlerResult>(),
      this.#exited.then((reason) => failure("Runtime.ExitError", reason)),
    ]);
  }

  /** Passes one event and waits for the answer, the end of the process, or the time limit. */
  async run(
    task: { requestId: string; event: unknown; invokedFunctionArn: string },
    timeoutSeconds: number,
  ): Promise<HandlerResult> {
    const { requestId } = task;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.#child.kill("SIGKILL");
    }, timeoutSeconds * 1000);
    const ended = this.#exited.then(async (reason) => {
      // If there was an answer, that is the result.
      await new Promise(setImmediate);
      return timedOut
        ? failure(
            "Sandbox.Timedout",
            `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
          )
        : failure("Runtime.ExitError", `RequestId: ${requestId} ${reason}`);
    });
    const answered = Promise.all([this.#message<HandlerResult & { last?: boolean }>(), this.#markers(2)]).then(
      async ([{ last, ...answer }]): Promise<HandlerResult> => {
        // The process ends after its last answer.
        if (last) await this.#exited;
        return answer;
      },
    );
    this.#child.send({ ...task, deadline: Date.now() + timeoutSeconds * 1000 });
    const answer = await Promise.race([answered, ended]);
    clearTimeout(timer);
    return answer;
  }

  /** Ends the process immediately, and waits for its end. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  #message<Message>(): Promise<Message> {
    return new Promise((resolve) => this.#child.once("message", (message) => resolve(message as Message)));
  }

  #markers(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onMarker = () => {
        count -= 1;
        if (count === 0) resolve();
      };
    });
  }
}

export function failure(errorType: string, errorMessage: string, stack?: string): Failure {
  return { ok: false, errorType, errorMessage, ...(stack !== undefined && { stack }) };
}

function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  if (code === 0) return "Error: Runtime exited without providing a reason";
  const status = code === null ? `signal: ${signal === "SIGKILL" ? "killed" : signal}` : `exit status ${code}`;
  return `Error: Runtime exited with error: ${status}`;
}
