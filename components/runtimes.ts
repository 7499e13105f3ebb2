/**
 * The date on which Lambda deprecates each Node.js runtime.
 *
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (through
 * https://endoflife.date/aws-lambda), read on {@link tableDate}. Functions of a deprecated runtime continue to run, but
 * some months later Lambda rejects updates of them.
 */
const deprecatedOn = new Map([
  ["nodejs18.x", "2025-09-01"],
  ["nodejs20.x", "2026-04-30"],
  ["nodejs22.x", "2027-04-30"],
  ["nodejs24.x", "2028-04-30"],
]);

/** The runtimes that a function may have. Lambda rejects new functions with an older one. */
export const runtimes = ["nodejs22.x", "nodejs24.x"] as const;

/** Why a runtime is refused, or undefined. A runtime that is not in the table only has a warning. */
export function runtimeProblem(runtime: string): string | undefined {
  if ((runtimes as readonly string[]).includes(runtime)) return undefined;
  const day = deprecatedOn.get(runtime);
  return day === undefined ? undefined : `Lambda deprecated ${runtime} on ${day}: set ${runtimes.at(-1)}`;
}

/** The date on which the table was last compared with its source. */
export const tableDate = "2026-02-11";

const dayMs = 86_400_000;
/** Half a year: time to plan an upgrade. */
const warnDays = 180;

/**
 * The warning about a function's runtime at preview, or undefined if there is none.
 *
 * @param runtime - Lambda runtime identifier, such as `nodejs24.x`.
 */
export function runtimeWarning(runtime: string, today: Date): string | undefined {
  const day = deprecatedOn.get(runtime);
  if (day === undefined) {
    return `The runtime ${runtime} is not in the table of ${tableDate}: look up its deprecation date, and add it to components/runtimes.ts.`;
  }
  const daysLeft = Math.ceil((Date.parse(day) - today.getTime()) / dayMs);
  if (daysLeft > warnDays) return undefined;
  const when =
    daysLeft > 0
      ? `Lambda deprecates ${runtime} in ${daysLeft} ${daysLeft === 1 ? "day" : "days"}, on ${day}`
      : `Lambda deprecated ${runtime} on ${day}`;
  const newest = [...deprecatedOn.keys()].at(-1);
  const remedy =
    newest === runtime
      ? "look up a newer runtime, and add it to components/runtimes.ts"
      : `set the function's runtime to ${newest}`;
  return `${when} (table of ${tableDate}): ${remedy}.`;
}
