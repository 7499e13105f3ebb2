import { z } from "zod";
import {
  cidrProblem,
  maxTagLength,
  problemsBetween,
  type Replica,
  roleProblem,
  Strategy,
  scheduleProblems,
  scheduleRules,
  textProblems,
} from "../components";
import {
  acrossKeys,
  checkedText,
  integer,
  keyArn,
  list,
  nonEmptyText,
  object,
  oneOf,
  resourceId,
  trueOrFalse,
} from "./fields";
import { omitUndefined } from "./omitUndefined";

const scheduleOfTypes = z
  .object({ days: z.number(), rate: z.string(), cron: z.string(), duration: z.string() })
  .partial();

export const schedule = object({
  days: integer(1, 1000).describe("Days between two rotations."),
  rate: nonEmptyText().describe("`rate(…)` in hours or days, at least 4 hours."),
  cron: nonEmptyText().describe("`cron(…)` in UTC, with minutes 0 and year `*`."),
  duration: nonEmptyText().describe(
    "Length of the rotation window, `1h` to `24h`. With `cron`, each database gets one hour of the window.",
  ),
})
  .partial()
  .superRefine((value, context) => {
    const { days, rate, cron } = value;
    const addProblem = (message: string): void => context.addIssue({ code: "custom", message });
    if ([days, rate, cron].filter((one) => one !== undefined).length !== 1)
      return addProblem("set one of `days`, `rate` and `cron`");
    // A key of a wrong type has its own message.
    if (!scheduleOfTypes.safeParse(value).success) return;
    if (rate !== undefined && !rate.startsWith("rate(")) return addProblem("write `rate` as rate(10 days)");
    if (cron !== undefined && !cron.startsWith("cron(")) return addProblem("write `cron` as cron(0 2 1 * ? *)");
    // The field itself reports `days` out of range.
    scheduleProblems(scheduleRules(value))
      .filter((problem) => !problem.startsWith("`automaticallyAfterDays`"))
      .forEach(addProblem);
  }, acrossKeys);

const regionName = z
  .string("set a region such as eu-west-1")
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "set a region such as eu-west-1");
const replica = z.union(
  [
    regionName,
    object({ region: regionName, kmsKeyArn: keyArn.optional() }).refine(
      ({ region, kmsKeyArn }) => kmsKeyArn === undefined || kmsKeyArn.split(":")[3] === region,
      { path: ["kmsKeyArn"], message: "set a key of the replica's region" },
    ),
  ],
  "set a region such as eu-west-1, or an object with `region` and `kmsKeyArn`",
);

/** A replica of a secret, from either notation. */
export function replicaOf(value: z.output<typeof replica>): Replica {
  if (typeof value === "string") return { region: value };
  return { region: value.region, ...omitUndefined({ kmsKeyId: value.kmsKeyArn }) };
}

export const database = object({
  secretName: checkedText(textProblems.secretName)
    .optional()
    .describe("Name of the secret that the stack creates. Set either this or `secretArn`."),
  secretArn: checkedText(textProblems.secretArn)
    .optional()
    .describe(
      "ARN of an existing secret. The stack manages its rotation and its `secrets-rotation:` tags, and never its value.",
    ),
  host: checkedText(textProblems.host, "set a host name")
    .optional()
    .describe(
      "Host name of the database. Required with `secretName` or `adminSecretArn`. The next rotation writes a change to the secret's value.",
    ),
  port: integer(1, 65535)
    .default(5432)
    .describe("Port of the database. The next rotation writes a change to the secret's value."),
  dbname: checkedText(textProblems.dbname)
    .optional()
    .describe("Database in the secret's first value. Default: `postgres`."),
  username: checkedText(textProblems.username)
    .optional()
    .describe("User whose password is rotated, without `_clone`. Required with `secretName` or `adminSecretArn`."),
  strategy: oneOf(Object.values(Strategy)).default(Strategy.SingleUser).describe("See docs/strategies.md."),
  adminSecretArn: checkedText(textProblems.adminSecretArn)
    .optional()
    .describe(
      "ARN of the secret with an administrator's credentials. A `masterarn` in a secret's value has no effect.",
    ),
  memberOf: list(checkedText(roleProblem))
    .refine((roles) => roles.join(" ").length <= maxTagLength, `set at most ${maxTagLength} characters in total`)
    .optional()
    .describe("Roles that a user created by the first rotation becomes a member of. Only with `adminSecretArn`."),
  securityGroupId: resourceId("sg")
    .optional()
    .describe("Security group of the database, to which the stack adds a rule. Set either this or `cidr`."),
  cidr: checkedText(cidrProblem, "set addresses such as 10.1.2.0/24")
    .optional()
    .describe("Addresses of a database whose security group a rule cannot name."),
  schedule: schedule.optional().describe("Rotation schedule of this secret. Default: the stack's `schedule`."),
  rotateImmediately: trueOrFalse()
    .optional()
    .describe(
      "Starts the first rotation, and one at each change of the schedule, immediately. Default: true for a secret that the stack creates, false for an existing one.",
    ),
  replicaRegions: list(replica)
    .refine((all) => new Set(all.map((one) => replicaOf(one).region)).size === all.length, "set each region once")
    .optional()
    .describe(
      "Regions with a replica of the secret: `eu-west-1`, or `{region, kmsKeyArn}` with a key of that region. Default key: `alias/aws/secretsmanager`.",
    ),
}).superRefine((value, context) => {
  const addProblem = (path: string, message: string): void =>
    context.addIssue({ code: "custom", path: [path], message });
  for (const { key, message } of problemsBetween(value)) addProblem(key, message);
  if ((value.securityGroupId === undefined) === (value.cidr === undefined))
    addProblem("securityGroupId", "set either `securityGroupId` or `cidr`");
  if (value.secretArn !== undefined && value.replicaRegions !== undefined)
    addProblem("replicaRegions", "applies only to a secret that the stack creates: remove it");
}, acrossKeys);

/** One database of the configuration. */
export type DatabaseSettings = z.output<typeof database>;
