import type { RotationRulesType } from "@aws-sdk/client-secrets-manager";
import { invalidParameter } from "./errors";
import type { Secret } from "./secret";

const HOUR = 3_600_000;

/**
 * Checks a schedule like RotateSecret.
 *
 * @throws ServiceError InvalidParameterException
 */
export function checkRules(rules: RotationRulesType): void {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration } = rules;
  if ((days === undefined) === (expression === undefined)) {
    throw invalidParameter("You must specify either AutomaticallyAfterDays or ScheduleExpression, and not both.");
  }
  if (expression !== undefined && !/^rate\(\d+ (hours?|days?)\)$/.test(expression) && !isCron(expression)) {
    throw invalidParameter("The schedule expression is not valid.");
  }
  const period = interval(rules);
  if (period !== undefined && period < 4 * HOUR) {
    throw invalidParameter("A secret can be rotated every 4 hours at most.");
  }
  if (Duration !== undefined && !/^\d{1,2}h$/.test(Duration)) {
    throw invalidParameter("The duration must be a number of hours, such as 3h.");
  }
  // "The window must not extend into the next rotation window or the next UTC day." (RotationRulesType)
  const start = /^cron\(0 (\d+) /.exec(expression ?? "")?.[1];
  const longest = Math.min(24 - Number(start ?? 0), (period ?? Number.POSITIVE_INFINITY) / HOUR);
  if (Duration !== undefined && (Number.parseInt(Duration, 10) < 1 || Number.parseInt(Duration, 10) > longest)) {
    throw invalidParameter("The rotation window must not extend into the next rotation window or the next UTC day.");
  }
}

/** Minutes 0, any year, and a `?` for the day of the month or the day of the week. */
function isCron(expression: string): boolean {
  const [, dayOfMonth, dayOfWeek] = /^cron\(0 \S+ (\S+) \S+ (\S+) \*\)$/.exec(expression) ?? [];
  return (dayOfMonth === "?") !== (dayOfWeek === "?");
}

/**
 * When the next rotation is due; undefined for a cron expression, or if rotation is off. A value that was stored by hand
 * counts as a rotation.
 */
export function nextRotation({ rotation, lastRotatedAt, valueStoredAt, createdAt }: Secret): Date | undefined {
  const period = rotation?.enabled ? interval(rotation.rules) : undefined;
  if (period === undefined) return undefined;
  const last = Math.max(...[lastRotatedAt, valueStoredAt].map((date) => date?.getTime() ?? 0)) || createdAt.getTime();
  return new Date(last + period);
}

/** Milliseconds between two rotations. */
function interval({ AutomaticallyAfterDays: days, ScheduleExpression = "" }: RotationRulesType): number | undefined {
  if (days !== undefined) return days * 24 * HOUR;
  const [, count, unit] = /^rate\((\d+) (hour|day)s?\)$/.exec(ScheduleExpression) ?? [];
  return count === undefined ? undefined : Number(count) * (unit === "day" ? 24 : 1) * HOUR;
}
