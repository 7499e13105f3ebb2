"use strict";
/*
 * The program of the process that `lambda.ts` starts. It loads the handler and passes events to it, one after the other.
 * It is plain JavaScript with only Node's modules, so that it adds little to the time of a cold start.
 */
const { existsSync } = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const [moduleName, exportName] = process.env._HANDLER.split(".");
let requestId;

function failure(error, errorType = error?.name ?? "Error") {
  return { ok: false, errorType, errorMessage: error?.message ?? String(error), stack: error?.stack };
}

/** Marks the end of this invocation in both streams, then answers, so that the parent knows which lines belong to it. */
function answer(outcome, sent) {
  for (const stream of [process.stdout, process.stderr]) stream.write(`\u0000${requestId}\n`);
  process.send(outcome, sent);
}

async function load() {
  const file = [".js", ".mjs", ".cjs"]
    .map((extension) => path.join(process.env.LAMBDA_TASK_ROOT, moduleName + extension))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) {
    throw Object.assign(new Error(`Cannot find module '${moduleName}'`), { name: "Runtime.ImportModuleError" });
  }
  const module = await import(pathToFileURL(file).href);
  const handler = module[exportName] ?? module.default?.[exportName];
  if (typeof handler !== "function") {
    throw Object.assign(new Error(`${process.env._HANDLER} is undefined or not exported`), {
      name: "Runtime.HandlerNotFound",
    });
  }
  return handler;
}

function contextOf({ deadline, invokedFunctionArn }) {
  return {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: requestId,
    invokedFunctionArn,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

process.on("disconnect", () => process.exit());
// As in Lambda, an uncaught error ends the process and the invocation.
for (const [event, errorType, code] of [
  ["unhandledRejection", "Runtime.UnhandledPromiseRejection", 128],
  ["uncaughtException", undefined, 129],
]) {
  process.on(event, (error) => {
    answer({ ...failure(error, errorType), last: true }, () => process.exit(code));
  });
}

load().then(
  (handler) => {
    process.on("message", async (message) => {
      requestId = message.requestId;
      try {
        answer({ ok: true, payload: (await handler(message.event, contextOf(message))) ?? null });
      } catch (error) {
        answer(failure(error));
      }
    });
    process.send({ ok: true });
  },
  (error) => process.send(failure(error)),
);
