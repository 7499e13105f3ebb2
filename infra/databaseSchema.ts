import { z } from "zod";
import { type Replica, type RotationRules, Strategy, scheduleProblems } from "../components";
import {
  acrossKeys,
  choice,
  flag,
  id,
  keyArn,
  list,
  maxTagLength,
  name,
  object,
  secretArn,
  text,
  whole,
} from "./fields";

const scheduleShape = {
  days: whole(1, 1000).optional().describe("Days between two rotations."),
  rate: text().optional().describe("`rate(…)`, in hours or days, at least 4 hours."),
  cron: text().optional().describe("`cron(…)` in UTC; minutes 0, year `*`."),
  duration: text()
    .optional()
    .describe("Length of the window, `1h` to `24h`. A long window of a cron is spread over the databases."),
};
export type Schedule = z.output<z.ZodObject<typeof scheduleShape>>;

/** Secrets Manager's words for a schedule. */
export function rulesOf({ days, rate, cron, duration }: Schedule): RotationRules {
  const scheduleExpression = rate ?? cron;
  return {
    ...(days === undefined ? {} : { automaticallyAfterDays: days }),
    ...(scheduleExpression === undefined ? {} : { scheduleExpression }),
    ...(duration === undefined ? {} : { duration }),
  };
}

export const schedule = object(scheduleShape).superRefine((value, context) => {
  const { days, rate, cron } = value;
  const complain = (message: string): void => context.addIssue({ code: "custom", message });
  if ([days, rate, cron].filter((one) => one !== undefined).length !== 1)
    return complain("set one of `days`, `rate` and `cron`");
  if (rate !== undefined && !rate.startsWith("rate(")) return complain("`rate` is written rate(10 days)");
  if (cron !== undefined && !cron.startsWith("cron(")) return complain("`cron` is written cron(0 2 1 * ? *)");
  // The field itself says when `days` is out of range.
  scheduleProblems(rulesOf(value))
    .filter((problem) => !problem.startsWith("`automaticallyAfterDays`"))
    .forEach(complain);
});

const regionName = z
  .string("set a region such as eu-west-1")
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "set a region such as eu-west-1");
const replica = z.union(
  [
    regionName,
    object({ region: regionName, kmsKeyArn: keyArn.optional() }).refine(
      ({ region, kmsKeyArn }) => kmsKeyArn === undefined || kmsKeyArn.split(":")[3] === region,
      { path: ["kmsKeyArn"], message: "set a key of the copy's own region" },
    ),
  ],
  "set a region such as eu-west-1, or an object with `region` and `kmsKeyArn`",
);

/** A copy of a secret, whichever way it was written. */
export function replicaOf(written: z.output<typeof replica>): Replica {
  if (typeof written === "string") return { region: written };
  const { region, kmsKeyArn } = written;
  return { region, ...(kmsKeyArn === undefined ? {} : { kmsKeyId: kmsKeyArn }) };
}

export const database = object({
  secretName: z
    .string("set a text")
    .regex(/^[\w/+=.@!-]{1,512}$/, "set 1 to 512 letters, digits and /_+=.@!-")
    .optional()
    .describe("Name of the secret that is made."),
  secretArn: secretArn
    .optional()
    .describe(
      "Instead: a secret that exists. The stack manages its rotation and its `secrets-rotation:` tags, and never its value.",
    ),
  host: z
    .string("set a host name")
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, "set a host name without protocol and port")
    // With the longest port, the tag is full.
    .max(maxTagLength - ":65535".length, `set at most ${maxTagLength - ":65535".length} characters`)
    .optional()
    .describe(
      "Host name of the database. A change reaches the secret's value at the next rotation. Required with `secretName` and with `adminSecretArn`.",
    ),
  port: whole(1, 65535)
    .default(5432)
    .describe(
      "Port of the database, which the security group rules open. A change reaches the secret's value at the next rotation.",
    ),
  dbname: name()
    .optional()
    .describe("Database that the user connects to, for the secret's first value. Default: `postgres`."),
  username: name()
    .optional()
    .describe(
      "The user whose password is rotated; of two that alternate, the one without `_clone`. Required with `secretName` and with `adminSecretArn`.",
    ),
  strategy: choice(Object.values(Strategy))
    .default(Strategy.SingleUser)
    .describe("`single-user`, or `alternating-users`, with which no login is ever refused."),
  adminSecretArn: secretArn
    .max(maxTagLength, `set an ARN of at most ${maxTagLength} characters`)
    .optional()
    .describe(
      "Secret with an administrator's credentials. The function reads only those that are named here: a `masterarn` in a secret's value has no effect.",
    ),
  memberOf: list(
    z.string("set a text").regex(/^[\p{L}\p{N}_.:/=+@-]+$/u, "set a role's name of letters, digits and _.:/=+@-"),
  )
    .refine((roles) => roles.join(" ").length <= maxTagLength, `set at most ${maxTagLength} characters in all`)
    .optional()
    .describe("Roles that a user becomes a member of if the first rotation creates it."),
  securityGroupId: id("sg")
    .optional()
    .describe("Security group of the database: gets a rule that lets the function in."),
  cidr: z
    .cidrv4("set addresses such as 10.1.2.0/24")
    .refine((value) => !value.endsWith("/0"), "the whole internet is no database: set its addresses")
    .optional()
    .describe("Instead: addresses of a database without a security group in reach."),
  schedule: schedule.optional().describe("When this secret is rotated; without it, the stack's `schedule`."),
  rotateImmediately: flag()
    .optional()
    .describe(
      "Whether the first rotation comes at once. Default: true for a secret that is made, false for one that exists. While it is true, each change of the schedule rotates at once, too.",
    ),
  replicaRegions: list(replica)
    .refine((all) => new Set(all.map((one) => replicaOf(one).region)).size === all.length, "set each region once")
    .optional()
    .describe(
      "Regions that get a copy of the secret: `eu-west-1`, or `{region, kmsKeyArn}` with a key of that region. Without one, the region's `alias/aws/secretsmanager` encrypts the copy.",
    ),
}).superRefine((value, context) => {
  const complain = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
  if ((value.secretName === undefined) === (value.secretArn === undefined))
    complain("secretName", "set either `secretName` or `secretArn`");
  const { host, username, adminSecretArn } = value;
  const alternating = value.strategy === "alternating-users";
  const names: [string, string | undefined, string][] = [
    ["host", host, "where"],
    ["username", username, "which user"],
  ];
  for (const [key, given, what] of names) {
    if (given !== undefined) continue;
    if (value.secretName !== undefined) complain(key, "is missing");
    else if (adminSecretArn !== undefined)
      complain(key, `is missing: with \`adminSecretArn\`, it says ${what} the administrator may change`);
    else if (host !== username) complain(key, "is missing: set both `host` and `username`, or neither");
  }
  if ((value.securityGroupId === undefined) === (value.cidr === undefined))
    complain("securityGroupId", "set either `securityGroupId` or `cidr`");
  if (alternating && adminSecretArn === undefined)
    complain("adminSecretArn", "alternating users need an administrator: set its secret's ARN");
  if (alternating && Buffer.byteLength(String(username ?? "")) > 57)
    complain("username", "set at most 57 bytes where users alternate: `_clone` is added");
  if (alternating && String(username).endsWith("_clone"))
    complain("username", "ends in `_clone`: set the user's own name, to which the function adds `_clone`");
  if (adminSecretArn !== undefined && adminSecretArn === value.secretArn)
    complain("adminSecretArn", "a secret can't be its own administrator");
  for (const key of ["dbname", "replicaRegions"] as const) {
    if (value.secretArn !== undefined && value[key] !== undefined)
      complain(key, "is for a secret that the stack creates: remove it");
  }
}, acrossKeys);

/** One database of the configuration. */
export type Database = z.output<typeof database>;

/** The logins whose passwords a database's secret changes, as far as the configuration names them. */
export function loginsOf({ host, port, username, strategy }: Database): string[] {
  if (typeof host !== "string" || typeof username !== "string") return [];
  const users = strategy === "alternating-users" ? [username, `${username}_clone`] : [username];
  return users.map((user) => `${user}@${host.toLowerCase()}:${port}`);
}
