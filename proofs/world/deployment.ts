import { type Monitoring, startMonitoring } from "../../emulators/monitoring/monitoring";
import type { RotationFunctionEvent } from "../../emulators/secrets-manager";
import { startWorld, type World } from "./world";

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

/** A world whose function has a process of its own, and a log that is read as in CloudWatch. */
export interface Deployment extends World {
  readonly monitoring: Monitoring;
  interference: Interference;
}

let deployment: Promise<Deployment> | undefined;

/** The one deployment of this mocha process: made on first use, gone with the process. */
export function sharedDeployment(): Promise<Deployment> {
  deployment ??= deploy();
  return deployment;
}

async function deploy(): Promise<Deployment> {
  const monitoring = await startMonitoring(`/aws/lambda/${functionName}`);
  const onLog = (message: string): void => void monitoring.lines.push({ timestamp: Date.now(), message });
  const world = await startWorld({ function: { ownProcess: true, functionName, timeoutSeconds: 15, onLog } });
  world.aroundStep = async (event, run) => {
    const { before, after } = started.interference;
    if (await before?.(event)) return died;
    const result = await run();
    return (await after?.(event)) ? died : result;
  };
  const started: Deployment = Object.assign(world, { monitoring, interference: {} });
  Object.assign(world.env, {
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: monitoring.endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH: monitoring.endpoint,
    AWS_ENDPOINT_URL_SNS: monitoring.endpoint,
  });
  return started;
}

const died = { ok: false, errorType: "Runtime.ExitError", errorMessage: "Runtime exited with error" } as const;
