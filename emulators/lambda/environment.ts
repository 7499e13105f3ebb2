import { randomBytes } from "node:crypto";

export interface LambdaEnvironment {
  readonly functionName: string;
  readonly handler: string;
  /** In megabytes. */
  readonly memorySize: number;
  /** The folder of the code. */
  readonly root: string;
  /** The function's own variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

const RESERVED =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_(FUNCTION|LOG|INITIALIZATION|RUNTIME)_\w+|AWS_(ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

/**
 * The environment variables of a function's process: its own, and those that Lambda sets
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime).
 */
export function lambdaEnvironment(options: LambdaEnvironment): Record<string, string> {
  const { functionName, environment = {} } = options;
  const reserved = {
    _HANDLER: options.handler,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(options.memorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `${new Date().toISOString().slice(0, 10).replaceAll("-", "/")}/[$LATEST]${randomBytes(16).toString("hex")}`,
    AWS_ACCESS_KEY_ID: "AKIALOCAL",
    AWS_SECRET_ACCESS_KEY: "local",
    LAMBDA_TASK_ROOT: options.root,
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
  const taken = Object.keys(environment).filter((name) => RESERVED.test(name));
  if (taken.length > 0) {
    throw new Error(`Lambda reserves these environment variables and does not let them be set: ${taken.join(", ")}`);
  }
}
