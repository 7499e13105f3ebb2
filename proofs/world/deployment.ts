import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { bundle } from "../../build/bundle";
import { type InvocationResult, type Lambda, startLambda } from "../../emulators/lambda/lambda";
import { type Monitoring, startMonitoring } from "../../emulators/monitoring/monitoring";
import type { Postgres } from "../../emulators/postgres/postgres";
import { type RotationFunctionEvent, type SecretsManager, startSecretsManager } from "../../emulators/secrets-manager";
import { sharedPostgres } from "./sharedPostgres";
import { trust } from "./trust";

export const functionName = "dev-secrets-rotation";
export const functionArn = `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`;
export const topicArn = `arn:aws:sns:us-east-1:000000000000:${functionName}-alarms`;

/** How an invocation may be interfered with. */
export interface Interference {
  /** In place of the step: its process dies before it has done anything. */
  readonly before?: (event: RotationFunctionEvent) => boolean | Promise<boolean>;
  /** The step is done, and its answer is lost. */
  readonly after?: (event: RotationFunctionEvent) => boolean | Promise<boolean>;
}

/** The real bundle in the Lambda runner, with a Secrets Manager, PostgreSQL and monitoring: one for all tests. */
export interface Deployment {
  readonly postgres: Postgres;
  readonly service: SecretsManager;
  readonly client: SecretsManagerClient;
  readonly monitoring: Monitoring;
  readonly lambda: Lambda;
  /** For the commands' streams. */
  readonly env: NodeJS.ProcessEnv;
  interference: Interference;
}

let deployment: Promise<Deployment> | undefined;

/** The one deployment of this mocha process: made on first use, gone with the process. */
export function sharedDeployment(): Promise<Deployment> {
  deployment ??= deploy();
  return deployment;
}

async function deploy(): Promise<Deployment> {
  const postgres = await sharedPostgres();
  trust(postgres.ca);
  const monitoring = await startMonitoring(`/aws/lambda/${functionName}`);
  const service = await startSecretsManager({ retries: 0, functions: new Map([[functionArn, invoke]]) });
  const lambda = startLambda({
    files: { "index.js": bundle(), "trust.pem": postgres.ca },
    handler: "index.handler",
    environment: { SECRETS_MANAGER_ENDPOINT: service.endpoint },
    timeoutSeconds: 15,
    memorySize: 256,
    functionName,
    functionArn,
    onLog: (message) => monitoring.lines.push({ timestamp: Date.now(), message }),
  });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };

  async function invoke(event: RotationFunctionEvent): Promise<InvocationResult | Died> {
    const { before, after } = started.interference;
    if (await before?.(event)) return died;
    const result = await lambda.invoke(event);
    return (await after?.(event)) ? died : result;
  }

  const started: Deployment = {
    ...{ postgres, service, monitoring, lambda },
    client: new SecretsManagerClient({ endpoint: service.endpoint, region: "us-east-1", credentials }),
    env: {
      SECRETS_MANAGER_ENDPOINT: service.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: monitoring.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: monitoring.endpoint,
      AWS_ENDPOINT_URL_SNS: monitoring.endpoint,
    },
    interference: {},
  };
  return started;
}

type Died = { readonly ok: false; readonly errorType: string; readonly errorMessage: string };
const died: Died = { ok: false, errorType: "Runtime.ExitError", errorMessage: "Runtime exited with error" };
