import type { Clients } from "./clients";
import { type FunctionLog, functionLog, type LogLine } from "./functionLog";
import type { OpsValues } from "./options";
import type { SecretState } from "./secretState";
import { functionNameOf, type Targets } from "./targets";
import type { Terminal } from "./terminal/terminal";

/** What a command has to work with. */
export interface Context {
  readonly targets: Targets;
  readonly clients: Clients;
  readonly terminal: Terminal;
  readonly now: () => Date;
  /** Milliseconds between two looks at something that is awaited. */
  readonly pollMs: number;
  readonly options: CommandOptions;
  /** All options as they were typed. */
  readonly values: OpsValues;
  readonly env: NodeJS.ProcessEnv;
}

export interface CommandOptions {
  /** Do not ask. */
  readonly yes: boolean;
  /** Milliseconds that a rotation may take. */
  readonly timeoutMs: number;
  /** How far back to look in the log, in milliseconds. */
  readonly sinceMs: number;
  readonly follow: boolean;
  /** All lines of the log, not only those of rotations and failures. */
  readonly all: boolean;
}

/** Carries a command out. @returns whether all is well */
export type Command = (context: Context) => Promise<boolean>;

/** The log of the function that rotates a secret; undefined where there is none to read. */
export function logOf({ clients, targets }: Context, state?: SecretState): FunctionLog | undefined {
  if (clients.aws === undefined) return undefined;
  const name = functionNameOf(state?.functionArn) ?? targets.functionName;
  const group = targets.logGroupName ?? (name && `/aws/lambda/${name}`);
  return group ? functionLog(clients.aws.logs, group) : undefined;
}

/** What the log could not be asked, in words. */
export const noLog = "not looked up: CloudWatch Logs has no endpoint here (AWS_ENDPOINT_URL_CLOUDWATCH_LOGS)";

/** Step, code and reason of a failure in one line. */
export function failureText({ step, code, what, message }: LogLine): string {
  return [[step, code].filter(Boolean).join(" "), what ?? message].filter(Boolean).join(": ");
}
