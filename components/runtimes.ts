/**
 * When Lambda stops giving a Node.js runtime security updates.
 *
 * Read on {@link readOn} from https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (by way of
 * https://endoflife.date/aws-lambda). A deprecated runtime's functions go on running; after some further months they
 * can't be changed any more, which would be found out at the worst of times.
 */
const deprecatedOn: Readonly<Record<string, string>> = {
  "nodejs18.x": "2025-09-01",
  "nodejs20.x": "2026-04-30",
  "nodejs22.x": "2027-04-30",
  "nodejs24.x": "2028-04-30",
};

/** The day on which the table was last compared with its source. */
export const readOn = "2026-02-11";

const dayMs = 86_400_000;
/** Half a year: long enough to plan an upgrade, short enough that the warning is not read over. */
const warnDays = 180;

/**
 * What to say at preview about a function's runtime, if anything.
 *
 * @param runtime - As Lambda names it: `nodejs24.x`.
 */
export function runtimeWarning(runtime: string, today: Date): string | undefined {
  const day = deprecatedOn[runtime];
  if (day === undefined) {
    return `The runtime ${runtime} is not in the table of ${readOn}: look up when Lambda deprecates it, and add it to components/runtimes.ts.`;
  }
  const daysLeft = Math.ceil((Date.parse(day) - today.getTime()) / dayMs);
  if (daysLeft > warnDays) return undefined;
  const when =
    daysLeft > 0
      ? `Lambda deprecates ${runtime} in ${daysLeft} ${daysLeft === 1 ? "day" : "days"}, on ${day}`
      : `Lambda has deprecated ${runtime} since ${day}`;
  const newest = Object.keys(deprecatedOn).at(-1);
  const way =
    newest === runtime
      ? "look for a newer one, and add it to components/runtimes.ts"
      : `set the function's runtime to ${newest}`;
  return `${when} (as of ${readOn}): ${way}.`;
}
