import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TemporaryFolder, temporaryFolder } from "../temporaryFolder";

/** The configuration of a function. */
export interface LambdaOptions {
  /** The deployed archive: path → content. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Module and export, such as "index.handler". */
  readonly handler: string;
  /** The function's own variables. The code sees only these and Lambda's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default 3, Lambda's own */
  readonly timeoutSeconds?: number;
  /** In megabytes. @default 128, Lambda's own */
  readonly memorySize?: number;
  readonly functionName: string;
  /** Called with each line that the function writes, immediately. */
  readonly onLog?: (line: string) => void;
}

const RESERVED =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_(FUNCTION|LOG|INITIALIZATION|RUNTIME)_\w+|AWS_(ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

/**
 * The environment variables of a function's process: its own, and those that Lambda sets
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime).
 */
export function lambdaEnvironment(options: LambdaOptions, root: string): Record<string, string> {
  const { functionName, handler, memorySize = 128, environment = {} } = options;
  const reserved = {
    _HANDLER: handler,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `${new Date().toISOString().slice(0, 10).replaceAll("-", "/")}/[$LATEST]${randomBytes(16).toString("hex")}`,
    AWS_ACCESS_KEY_ID: "AKIALOCAL",
    AWS_SECRET_ACCESS_KEY: "local",
    LAMBDA_TASK_ROOT: root,
    LAMBDA_RUNTIME_DIR: "/var/runtime",
  };
  return {
    // A function may set these itself.
    LANG: "en_US.UTF-8",
    PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    TZ: ":UTC",
    ...environment,
    ...reserved,
  };
}

/** @throws Error if the function sets variables that Lambda reserves, which Lambda refuses to deploy */
export function refuseReserved(environment: Readonly<Record<string, string>> = {}): void {
  const reserved = Object.keys(environment).filter((name) => RESERVED.test(name));
  if (reserved.length > 0) {
    throw new Error(`Lambda reserves these environment variables and does not let them be set: ${reserved.join(", ")}`);
  }
}

/** Writes the code into a folder. */
export function writeCode(files: LambdaOptions["files"]): TemporaryFolder {
  // Under the system's own folder: a package.json above it could turn index.js into another kind of module.
  const folder = temporaryFolder("lambda-");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), content);
  }
  return folder;
}
