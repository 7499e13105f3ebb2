import { invalidParameter } from "./errors";
import type { RotationRules, Secret } from "./secret";

const HOUR = 3_600_000;

/**
 * Checks a schedule as RotateSecret does.
 *
 * @throws ServiceError InvalidParameterException
 */
export function checkRules(rules: RotationRules): void {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration } = rules;
  if ((days === undefined) === (expression === undefined)) {
    throw invalidParameter("You must specify either AutomaticallyAfterDays or ScheduleExpression, and not both.");
  }
  if (expression !== undefined && !/^rate\(\d+ (hours?|days?)\)$|^cron\(0 \S+ \S+ \S+ \S+ \*\)$/.test(expression)) {
    throw invalidParameter("The schedule expression is not valid.");
  }
  const period = interval(rules);
  if (period !== undefined && period < 4 * HOUR) {
    throw invalidParameter("A secret can be rotated every 4 hours at most.");
  }
  if (Duration !== undefined && !/^\d{1,2}h$/.test(Duration)) {
    throw invalidParameter("The duration must be a number of hours, such as 3h.");
  }
}

/** When the next rotation is due. Not known for a cron expression, and never when rotation is off. */
export function nextRotation({ rotation, lastRotatedAt, createdAt }: Secret): Date | undefined {
  const period = rotation?.enabled ? interval(rotation.rules) : undefined;
  return period === undefined ? undefined : new Date((lastRotatedAt ?? createdAt).getTime() + period);
}

/** Milliseconds between two rotations. */
function interval({ AutomaticallyAfterDays: days, ScheduleExpression = "" }: RotationRules): number | undefined {
  if (days !== undefined) return days * 24 * HOUR;
  const [, count, unit] = /^rate\((\d+) (hour|day)s?\)$/.exec(ScheduleExpression) ?? [];
  return count === undefined ? undefined : Number(count) * (unit === "day" ? 24 : 1) * HOUR;
}
