import { createHash } from "node:crypto";

/** Rotation schedule: `automaticallyAfterDays` or `scheduleExpression`, and the length of the rotation window. */
export interface RotationRules {
  /** Days between rotations, 1 to 1000. */
  automaticallyAfterDays?: number;
  /** `rate(…)` or `cron(…)`, in UTC. */
  scheduleExpression?: string;
  /** Length of the rotation window in hours, such as `3h`. */
  duration?: string;
}

/** A schedule as a stack's configuration has it: `days`, `rate` or `cron`. */
export interface Schedule {
  readonly days?: number | undefined;
  readonly rate?: string | undefined;
  readonly cron?: string | undefined;
  readonly duration?: string | undefined;
}

/** A schedule as Secrets Manager's rotation rules. */
export function scheduleRules({ days, rate, cron, duration }: Schedule): RotationRules {
  const scheduleExpression = rate ?? cron;
  return {
    ...(days !== undefined && { automaticallyAfterDays: days }),
    ...(scheduleExpression !== undefined && { scheduleExpression }),
    ...(duration !== undefined && { duration }),
  };
}

/** The most days between two rotations, unless the configuration allows more. */
export const mostDays = 90;

const shortestHours = 4;
const rate = /^rate\((\d+) (hours?|days?)\)$/;
const cron = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/;

/** The problems for which Secrets Manager would reject `rules`, each with a remedy. Empty if the rules are valid. */
export function scheduleProblems(rules: RotationRules): string[] {
  const { automaticallyAfterDays: days, scheduleExpression: expression, duration } = rules;
  if ((days === undefined) === (expression === undefined)) {
    return ["set either `automaticallyAfterDays` or `scheduleExpression`"];
  }
  const problems: string[] = [];
  if (days !== undefined && (!Number.isInteger(days) || days < 1 || days > 1000)) {
    problems.push("`automaticallyAfterDays` must be a whole number from 1 to 1000");
  }
  if (expression !== undefined) problems.push(...expressionProblems(expression));
  if (duration !== undefined) {
    const hours = /^([1-9]\d?)h$/.exec(duration)?.[1];
    const interval = shortestInterval(rules);
    if (hours === undefined || Number(hours) > 24) problems.push("`duration` must be 1h to 24h");
    else if (interval !== undefined && Number(hours) > interval) {
      problems.push(`a window of ${duration} is longer than the ${interval} hours between two rotations`);
    }
    // "The rotation window must not extend into the next rotation window or the next UTC day."
    // https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
    const last = Math.max(...hoursOf(cron.exec(expression ?? "")?.[2] ?? "0"));
    if (hours !== undefined && last < 24 && last + Number(hours) > 24) {
      problems.push(`a window of ${duration} from ${last}:00 extends into the next day (UTC)`);
    }
  }
  return problems;
}

function expressionProblems(expression: string): string[] {
  const [, count, unit] = rate.exec(expression) ?? [];
  if (count !== undefined && unit !== undefined) {
    const hours = Number(count) * (unit.startsWith("day") ? 24 : 1);
    if (hours < shortestHours)
      return [`the shortest interval is ${shortestHours} hours: set \`rate(4 hours)\` or longer`];
    if (hours > 999 * 24) return ["`rate` must be at most 999 days"];
    return (count === "1") === unit.endsWith("s") ? ["write `rate(1 day)` or `rate(2 days)`"] : [];
  }
  const fields = cron.exec(expression)?.slice(1);
  return fields === undefined ? ["write `rate(10 days)` or `cron(0 2 1 * ? *)`"] : cronProblems(fields);
}

const monthNames = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const daysOfMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const dayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

function cronProblems([minutes, hours = "", dayOfMonth = "", month = "", dayOfWeek = "", year]: string[]): string[] {
  const problems: string[] = [];
  if (minutes !== "0") problems.push("the minutes of a `cron` must be 0: a rotation window opens on the hour");
  if (year !== "*") problems.push("the year of a `cron` must be *");
  if ((dayOfMonth === "?") === (dayOfWeek === "?")) {
    problems.push("in a `cron`, either the day of month or the day of week must be ?");
  }
  if (!isField(hours, 0, 23) || hoursOf(hours).length === 0) problems.push(`\`${hours}\` is not an hour from 0 to 23`);
  if (!/^(\?|L|([1-9]|[12]\d|3[01])W)$/.test(dayOfMonth) && !isField(dayOfMonth, 1, 31))
    problems.push(`\`${dayOfMonth}\` is not a day of the month`);
  if (!isField(month, 1, 12, monthNames)) problems.push(`\`${month}\` is not a month`);
  if (!/^(\?|L|([1-7]|[A-Z]{3})(L|#[1-5]))$/.test(dayOfWeek) && !isField(dayOfWeek, 1, 7, dayNames))
    problems.push(`\`${dayOfWeek}\` is not a day of the week`);
  const longestMonth = Math.max(...monthsOf(month).map((one) => daysOfMonths[one - 1] ?? 31));
  const firstDay = Math.min(...dayOfMonth.split(",").map(Number));
  if (isField(month, 1, 12, monthNames) && firstDay <= 31 && firstDay > longestMonth)
    problems.push(`no month of \`${month}\` has a day ${firstDay}`);
  const gap = smallestGap(hours);
  if (gap < shortestHours)
    problems.push(
      `the shortest interval is ${shortestHours} hours: the hours \`${hours}\` of the \`cron\` are ${gap} apart`,
    );
  return problems;
}

function isField(text: string, low: number, high: number, names: string[] = []): boolean {
  const value = (part: string): number =>
    names.includes(part) ? names.indexOf(part) + 1 : /^\d+$/.test(part) ? Number(part) : Number.NaN;
  const inRange = (part: string): boolean => Number.isInteger(value(part)) && value(part) >= low && value(part) <= high;
  return text.split(",").every((item) => {
    const [range = "", step, ...more] = item.split("/");
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step))) return false;
    if (range === "*" || (range === "" && step !== undefined)) return true;
    const ends = range.split("-");
    return ends.length <= 2 && ends.every(inRange);
  });
}

/** The hours that the hour field of a `cron` names. */
export function hoursOf(field: string): number[] {
  return valuesOf(field, 0, 23);
}

function monthsOf(field: string): number[] {
  const numbers = field.replace(/[A-Z]{3}/g, (name) => String(monthNames.indexOf(name) + 1));
  return valuesOf(numbers, 1, 12);
}

/** The values that a numeric field of a `cron` names, in ascending order. */
function valuesOf(field: string, low: number, high: number): number[] {
  const values = new Set<number>();
  for (const item of field.split(",")) {
    const [range = "*", step] = item.split("/");
    const [from = low, to = step === undefined ? Number(range) : high] =
      range === "*" || range === "" ? [low, high] : range.split("-").map(Number);
    // Another check reports an invalid step. Without a minimum, the loop would not end.
    const stride = Math.max(1, Number(step) || 1);
    for (let value = from; value <= to && value <= high; value += stride) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function smallestGap(field: string): number {
  const hours = hoursOf(field);
  if (hours.length < 2) return 24;
  return Math.min(...hours.map((hour, i) => (hours[i + 1] ?? (hours[0] ?? 0) + 24) - hour));
}

/** Shortest interval between two rotations in hours, if it can be derived from the rules. */
function shortestInterval({ automaticallyAfterDays, scheduleExpression }: RotationRules): number | undefined {
  if (automaticallyAfterDays !== undefined) return automaticallyAfterDays * 24;
  const [, count, unit] = rate.exec(scheduleExpression ?? "") ?? [];
  if (count !== undefined) return Number(count) * (unit?.startsWith("day") ? 24 : 1);
  const hours = cron.exec(scheduleExpression ?? "")?.[2];
  return hours === undefined ? undefined : smallestGap(hours);
}

/** Longest interval between two rotations in days, if it can be derived from the rules. A month counts as 31 days. */
export function longestInterval(rules: RotationRules): number | undefined {
  const fixed =
    rules.automaticallyAfterDays ??
    (rate.test(rules.scheduleExpression ?? "") ? (shortestInterval(rules) ?? 0) / 24 : undefined);
  if (fixed !== undefined) return fixed;
  const [, , , dayOfMonth, month = "*", dayOfWeek] = cron.exec(rules.scheduleExpression ?? "") ?? [];
  const firstDay = Math.min(...(dayOfMonth ?? "").split(",").map((day) => Number.parseInt(day, 10)));
  // A month without that day has no rotation.
  const months = monthsOf(month).filter((one) => !(firstDay > (one === 2 ? 28 : (daysOfMonths[one - 1] ?? 31))));
  // Most months have no fifth Monday: two can be 17 weeks apart.
  if (dayOfWeek?.endsWith("#5")) return 119 + (12 - months.length) * 31;
  if (months.length === 12)
    return dayOfWeek === "?" && dayOfMonth !== "*" ? 31 : dayOfWeek?.includes("#") || dayOfWeek?.endsWith("L") ? 35 : 7;
  return (
    31 * Math.max(months.length === 0 ? 12 : 1, ...months.map((m, i) => (months[i + 1] ?? (months[0] ?? 1) + 12) - m))
  );
}

/**
 * Returns rules whose window is one hour of the given window, always the same hour for the same name. A `cron` window
 * opens for all secrets at the same time. Secrets Manager itself spreads a schedule in days.
 */
export function spreadStart(rules: RotationRules, name: string): RotationRules {
  const [, , hour, ...rest] = cron.exec(rules.scheduleExpression ?? "") ?? [];
  const window = Number.parseInt(rules.duration ?? "1", 10);
  if (hour === undefined || !/^\d+$/.test(hour)) return rules;
  // A window that extends past midnight would move some secrets to another day.
  const hours = Math.min(window, 24 - Number(hour));
  if (hours < 2) return rules;
  // The names of many databases are similar: a simpler hash would put them into a few hours.
  const hash = createHash("sha256").update(name).digest().readUInt32BE();
  const start = Number(hour) + Math.floor((hash / 2 ** 32) * hours);
  return { scheduleExpression: `cron(0 ${start} ${rest.join(" ")})`, duration: "1h" };
}
