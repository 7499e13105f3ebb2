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

/** The entry that rotates a secret as it is rotated today. */
export function entryOf(
  secret: SecretListEntry,
  login: SecretLogin,
  server: RdsServer | undefined,
  administrators: readonly SecretListEntry[],
): DatabaseEntry {
  const { host, port, username, masterarn } = login;
  const { ARN: secretArn = "", RotationLambdaARN: fn = "" } = secret;
  const single = /SingleUser/i.test(fn);
  const cloned = !single && username.endsWith("_clone");
  const alternates = !single && (masterarn !== undefined || cloned || /MultiUser/i.test(fn));
  const admin = masterarn === undefined ? server?.masterSecretArn : arnOf(masterarn, administrators);
  const schedule = scheduleOf(secret);
  return {
    ...{ secretArn, host, ...(port === 5432 ? {} : { port }) },
    username: cloned ? username.replace(/_clone$/, "") : username,
    ...(alternates && { strategy: "alternating-users" as const }),
    ...(alternates && admin !== undefined && { adminSecretArn: admin }),
    securityGroupId: server?.securityGroupId ?? "",
    ...(schedule !== undefined && scheduleProblem(secret) === undefined && { schedule }),
  };
}

/** The ARN of the secret that a `masterarn` names by ARN, by ARN without its six random characters, or by name. */
function arnOf(masterarn: string, secrets: readonly SecretListEntry[]): string {
  const named = secrets.find(({ ARN = "", Name }) => [ARN, ARN.slice(0, -7), Name].includes(masterarn));
  return named?.ARN ?? masterarn;
}

/** The schedule of a secret, unless it is the default of a stack. */
function scheduleOf({ RotationRules: rules }: SecretListEntry): Schedule | undefined {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration: duration } = rules ?? {};
  const window = duration === undefined ? {} : { duration };
  if (expression?.startsWith("cron(")) return { cron: expression, ...window };
  if (expression !== undefined) return { rate: expression, ...window };
  return days === undefined || (days === 30 && duration === undefined) ? undefined : { days, ...window };
}

/** Why a stack does not accept the schedule of a secret. */
export function scheduleProblem(secret: SecretListEntry): string | undefined {
  const rules = scheduleRules(scheduleOf(secret) ?? { days: 30 });
  const [problem] = scheduleProblems(rules);
  if (problem !== undefined) return problem;
  return (longestInterval(rules) ?? 0) > mostDays
    ? `more than ${mostDays} days need \`allowLongIntervals: true\``
    : undefined;
}
