import type { Clients } from "./clients";
import { type FunctionLog, functionLog, type LogLine } from "./functionLog";
import type { OpsValues } from "./options";
import type { SecretState } from "./secretState";
import { functionNameOf, type Targets } from "./targets";
import type { Terminal } from "./terminal/terminal";

/** The arguments of a command. */
export interface Context {
  readonly targets: Targets;
  readonly clients: Clients;
  readonly terminal: Terminal;
  readonly now: () => Date;
  /** Milliseconds between two polls. */
  readonly pollMs: number;
  readonly options: CommandOptions;
  readonly env: NodeJS.ProcessEnv;
}

interface CommandOptions extends OpsValues {
  /** Maximum duration of a rotation, in milliseconds. */
  readonly timeoutMs: number;
  /** Age of the oldest log lines to read, in milliseconds. */
  readonly sinceMs: number;
}

/** Runs a command. @returns false if it found a problem */
export type Command = (context: Context) => Promise<boolean>;

/** The log of the function that rotates a secret; undefined if it cannot be read. */
export function logOf({ clients, targets }: Context, state?: SecretState): FunctionLog | undefined {
  if (clients.aws === undefined) return undefined;
  const name = functionNameOf(state?.functionArn) ?? targets.functionName;
  const group = targets.logGroupName ?? (name && `/aws/lambda/${name}`);
  return group ? functionLog(clients.aws.logs, group) : undefined;
}

/** Shown in place of log lines if {@link logOf} returns none. */
export function noLog({ clients }: Context): string {
  return clients.aws === undefined
    ? "not looked up: CloudWatch Logs has no endpoint here (AWS_ENDPOINT_URL_CLOUDWATCH_LOGS)"
    : "not looked up: there is no rotation function";
}

/** Step, code and reason of a failure in one line. */
export function failureText({ step, code, what, message }: LogLine): string {
  return [[step, code].filter(Boolean).join(" "), what ?? message].filter(Boolean).join(": ");
}
