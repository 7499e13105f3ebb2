import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { constants, Script } from "node:vm";
import { atExit } from "../atExit";
import { lambdaEnvironment } from "./environment";
import { type FunctionUnderTest, functionArn } from "./functionUnderTest";

type Handler = (event: unknown, context: object) => Promise<void>;
type Wrapper = (
  exports: { handler?: Handler },
  require: NodeJS.Require,
  module: object,
  file: string,
  folder: string,
  process: NodeJS.Process,
  console: Console,
) => void;

export interface LoadedFunctionOptions {
  readonly files: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLog?: (line: string) => void;
  /** What Lambda would give it. @default 30 */
  readonly timeoutSeconds?: number;
}

const scripts = new Map<string, Script>();

/**
 * The bundled handler in this process: with an environment, a folder and an output of its own, as a process would have
 * them, and without a process's start, which is most of the time that a short run takes.
 *
 * `kill` can't stop it at once, and needn't: a stand keeps everything that a killed function goes on to do from having
 * an effect, and waits for it to give up. Module state survives, as in Lambda's warm starts.
 */
export function loadFunction(options: LoadedFunctionOptions): FunctionUnderTest {
  const { files, onLog, timeoutSeconds = 30 } = options;
  const root = mkdtempSync(join(tmpdir(), "function-"));
  const removeRoot = (): void => rmSync(root, { recursive: true, force: true });
  const forget = atExit(removeRoot);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content);
  const handler = load(root, files["index.js"] ?? "", options.environment, onLog);
  let dead = false;

  return {
    async invoke(event) {
      dead = false;
      const deadline = Date.now() + timeoutSeconds * 1000;
      const context = {
        awsRequestId: randomUUID(),
        invokedFunctionArn: functionArn,
        getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
      };
      try {
        await handler(event, context);
        return dead ? killed : { ok: true };
      } catch (error) {
        const { name, message, stack } = error as Error;
        return dead ? killed : { ok: false, errorType: name, errorMessage: message, ...(stack && { stack }) };
      }
    },
    kill() {
      dead = true;
    },
    async stop() {
      forget();
      removeRoot();
    },
  };
}

const killed = { ok: false, errorType: "Runtime.ExitError", errorMessage: "killed" } as const;

function load(
  root: string,
  code: string,
  environment: Readonly<Record<string, string>>,
  onLog: LoadedFunctionOptions["onLog"],
): Handler {
  let script = scripts.get(code);
  if (script === undefined) {
    script = new Script(`(function (exports, require, module, __filename, __dirname, process, console) {${code}\n})`, {
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    scripts.set(code, script);
  }
  const file = join(root, "index.js");
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split("\n")) if (line !== "") onLog?.(line);
      done();
    },
  });
  const env = lambdaEnvironment({
    ...{ functionName: "rotation", handler: "index.handler", region: "us-east-1", memorySize: 256, root },
    environment: { ...environment, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  });
  const own: NodeJS.Process = Object.create(process, {
    env: { value: env },
    stdout: { value: output },
    stderr: { value: output },
  });
  const module: { exports: { handler?: Handler } } = { exports: {} };
  (script.runInThisContext() as Wrapper)(
    ...[module.exports, createRequire(file), module, file, root, own, new console.Console(output)],
  );
  const { handler } = module.exports;
  if (handler === undefined) throw new Error("the bundle exports no handler");
  return handler;
}
