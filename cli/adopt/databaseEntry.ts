import type { SecretListEntry } from "@aws-sdk/client-secrets-manager";
import { longestInterval, mostDays, type Schedule, scheduleProblems, scheduleRules } from "../../components/schedule";
import type { SecretLogin } from "./foundSecret";
import type { RdsServer } from "./servers";

/** One entry of `databases`. */
export interface DatabaseEntry {
  readonly secretArn: string;
  readonly host: string;
  readonly port?: number;
  readonly username: string;
  readonly strategy?: "alternating-users";
  readonly adminSecretArn?: string;
  readonly securityGroupId: string;
  readonly schedule?: Schedule;
}

/** Returns the entry that continues the present rotation of a secret. */
export function entryOf(
  secret: SecretListEntry,
  login: SecretLogin,
  server: RdsServer | undefined,
  administrators: readonly SecretListEntry[],
): DatabaseEntry {
  const { host, port, username, masterarn } = login;
  const { ARN: secretArn = "", RotationLambdaARN: fn = "" } = secret;
  const isSingleUser = /SingleUser/i.test(fn);
  const isClone = !isSingleUser && username.endsWith("_clone");
  const isAlternating = !isSingleUser && (masterarn !== undefined || isClone || /MultiUser/i.test(fn));
  const admin = masterarn === undefined ? server?.masterSecretArn : arnOf(masterarn, administrators);
  const schedule = scheduleOf(secret);
  return {
    ...{ secretArn, host, ...(port === 5432 ? {} : { port }) },
    username: isClone ? username.replace(/_clone$/, "") : username,
    ...(isAlternating && { strategy: "alternating-users" as const }),
    ...(isAlternating && admin !== undefined && { adminSecretArn: admin }),
    securityGroupId: server?.securityGroupId ?? "",
    ...(schedule !== undefined && scheduleProblem(secret) === undefined && { schedule }),
  };
}

/** The ARN of the secret that a `masterarn` names by ARN, by ARN without its six random characters, or by name. */
function arnOf(masterarn: string, secrets: readonly SecretListEntry[]): string {
  const match = secrets.find(({ ARN = "", Name }) => [ARN, ARN.slice(0, -7), Name].includes(masterarn));
  return match?.ARN ?? masterarn;
}

/** The schedule of a secret, unless it is the default of a stack. */
function scheduleOf({ RotationRules: rules }: SecretListEntry): Schedule | undefined {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration: duration } = rules ?? {};
  const window = duration === undefined ? {} : { duration };
  if (expression?.startsWith("cron(")) return { cron: expression, ...window };
  if (expression !== undefined) return { rate: expression, ...window };
  return days === undefined || (days === 30 && duration === undefined) ? undefined : { days, ...window };
}

/** The reason why a stack does not accept the schedule of a secret; undefined if it does. */
export function scheduleProblem(secret: SecretListEntry): string | undefined {
  const rules = scheduleRules(scheduleOf(secret) ?? { days: 30 });
  const [problem] = scheduleProblems(rules);
  if (problem !== undefined) return problem;
  return (longestInterval(rules) ?? 0) > mostDays
    ? `more than ${mostDays} days need \`allowLongIntervals: true\``
    : undefined;
}
