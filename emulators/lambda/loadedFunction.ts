import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Writable } from "node:stream";
import { constants, Script } from "node:vm";
import { type LambdaOptions, lambdaEnvironment, writeCode } from "./configuration";
import { failure, functionArnOf, type HandlerResult, type Lambda } from "./lambda";

type Handler = (event: unknown, context: object) => Promise<unknown>;

const scripts = new Map<string, Script>();

/**
 * Runs a bundled handler in this process, with its own environment, folder and output. This saves the start of a
 * process, which takes most of the time of a short run.
 *
 * `kill` cannot stop the handler: the caller must discard the handler's later requests. The module's state is kept
 * between invocations, as in Lambda's warm starts. Concurrent invocations share their log.
 */
export function loadFunction(options: LambdaOptions): Lambda {
  const { files, functionName, onLog, timeoutSeconds = 3 } = options;
  const functionArn = functionArnOf(functionName);
  const { path: root, remove } = writeCode(files);
  const lines: string[] = [];
  const handler = load(root, options, (line) => {
    lines.push(line);
    onLog?.(line);
  });
  let killed = false;

  return {
    functionArn,
    async invoke(event) {
      killed = false;
      const requestId = randomUUID();
      const from = lines.length;
      const deadline = Date.now() + timeoutSeconds * 1000;
      const context = {
        ...{ awsRequestId: requestId, invokedFunctionArn: functionArn },
        getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
      };
      const answer = await handler(event, context).then(
        (payload): HandlerResult => ({ ok: true, payload }),
        ({ name, message, stack }: Error) => failure(name, message, stack),
      );
      const invocation = { requestId, coldStart: false, log: lines.slice(from) };
      return { ...(killed ? failure("Runtime.ExitError", "killed") : answer), ...invocation };
    },
    log: () => lines,
    kill() {
      killed = true;
    },
    async stop() {
      remove();
    },
  };
}

function load(root: string, options: LambdaOptions, onLine: (line: string) => void): Handler {
  const code = String(options.files["index.js"]);
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
      for (const line of chunk.toString().split("\n")) if (line !== "") onLine(line);
      done();
    },
  });
  const environment = { ...options.environment, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
  const env = lambdaEnvironment({ ...options, environment }, root);
  const own: NodeJS.Process = Object.create(process, {
    env: { value: env },
    stdout: { value: output },
    stderr: { value: output },
  });
  const module: { exports: { handler?: Handler } } = { exports: {} };
  const wrapper: (...parameters: unknown[]) => void = script.runInThisContext();
  wrapper(module.exports, createRequire(file), module, file, root, own, new console.Console(output));
  const { handler } = module.exports;
  if (handler === undefined) throw new Error("the bundle exports no handler");
  return handler;
}
