import { startMonitoring } from "../../emulators/monitoring/monitoring";
import type { RotationFunctionEvent } from "../../emulators/secrets-manager";
import { startWorld } from "./world";

export const functionName = "dev-secrets-rotation";
export const topicArn = `arn:aws:sns:us-east-1:000000000000:${functionName}-alarms`;

export interface InvocationFaults {
  /** Called before the step. Returns true to kill the process in place of the step. */
  readonly before?: (event: RotationFunctionEvent) => boolean | Promise<boolean>;
  /** Called after the step. Returns true to lose its answer. */
  readonly after?: (event: RotationFunctionEvent) => boolean | Promise<boolean>;
}

let deployment: ReturnType<typeof deploy> | undefined;

/** The one deployment of this process, started on first use. */
export function sharedDeployment(): ReturnType<typeof deploy> {
  deployment ??= deploy();
  return deployment;
}

/** A world for the operators' commands: the function has a process of its own, and a log in CloudWatch Logs. */
async function deploy() {
  const monitoring = await startMonitoring(`/aws/lambda/${functionName}`);
  const onLog = (message: string): void => void monitoring.lines.push({ timestamp: Date.now(), message });
  const world = await startWorld({ function: { ownProcess: true, functionName, timeoutSeconds: 15, onLog } });
  const faults: InvocationFaults = {};
  const deployed = Object.assign(world, { monitoring, faults });
  world.aroundStep = async (event, run) => {
    const { before, after } = deployed.faults;
    if (await before?.(event)) return killed;
    const result = await run();
    return (await after?.(event)) ? killed : result;
  };
  Object.assign(world.env, {
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: monitoring.endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH: monitoring.endpoint,
    AWS_ENDPOINT_URL_SNS: monitoring.endpoint,
  });
  return deployed;
}

const killed = { ok: false, errorType: "Runtime.ExitError", errorMessage: "Runtime exited with error" } as const;
