import { z } from "zod";
import { type Replica, type RotationRules, Strategy, scheduleProblems } from "../components";
import {
  acrossKeys,
  id,
  integer,
  keyArn,
  list,
  maxTagLength,
  name,
  nonEmptyText,
  object,
  oneOf,
  secretArn,
  trueOrFalse,
} from "./fields";

const scheduleShape = {
  days: integer(1, 1000).optional().describe("Days between two rotations."),
  rate: nonEmptyText().optional().describe("`rate(…)` in hours or days, at least 4 hours."),
  cron: nonEmptyText().optional().describe("`cron(…)` in UTC, with minutes 0 and year `*`."),
  duration: nonEmptyText()
    .optional()
    .describe("Length of the rotation window, `1h` to `24h`. With `cron`, each database gets one hour of the window."),
};
export type Schedule = z.output<z.ZodObject<typeof scheduleShape>>;

/** A schedule as Secrets Manager's rotation rules. */
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
  const addProblem = (message: string): void => context.addIssue({ code: "custom", message });
  if ([days, rate, cron].filter((one) => one !== undefined).length !== 1)
    return addProblem("set one of `days`, `rate` and `cron`");
  if (rate !== undefined && !rate.startsWith("rate(")) return addProblem("write `rate` as rate(10 days)");
  if (cron !== undefined && !cron.startsWith("cron(")) return addProblem("write `cron` as cron(0 2 1 * ? *)");
  // The field itself reports `days` out of range.
  scheduleProblems(rulesOf(value))
    .filter((problem) => !problem.startsWith("`automaticallyAfterDays`"))
    .forEach(addProblem);
});

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
  const { region, kmsKeyArn } = value;
  return { region, ...(kmsKeyArn === undefined ? {} : { kmsKeyId: kmsKeyArn }) };
}

export const database = object({
  secretName: z
    .string("set a text")
    .regex(/^[\w/+=.@!-]{1,512}$/, "set 1 to 512 letters, digits and /_+=.@!-")
    .optional()
    .describe("Name of the secret that the stack creates. Set either this or `secretArn`."),
  secretArn: secretArn
    .optional()
    .describe(
      "ARN of an existing secret. The stack manages its rotation and its `secrets-rotation:` tags, and never its value.",
    ),
  host: z
    .string("set a host name")
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, "set a host name without protocol and port")
    // A tag has to hold the host and the longest port.
    .max(maxTagLength - ":65535".length, `set at most ${maxTagLength - ":65535".length} characters`)
    .optional()
    .describe(
      "Host name of the database. A change reaches the secret's value at the next rotation. Required with `secretName` and with `adminSecretArn`.",
    ),
  port: integer(1, 65535)
    .default(5432)
    .describe("Port of the database. A change reaches the secret's value at the next rotation."),
  dbname: name().optional().describe("Database in the secret's first value. Default: `postgres`."),
  username: name()
    .optional()
    .describe(
      "User whose password is rotated, without `_clone` for `alternating-users`. Required with `secretName` and with `adminSecretArn`.",
    ),
  strategy: oneOf(Object.values(Strategy))
    .default(Strategy.SingleUser)
    .describe("Rotation strategy: see docs/strategies.md."),
  adminSecretArn: secretArn
    .max(maxTagLength, `set an ARN of at most ${maxTagLength} characters`)
    .optional()
    .describe(
      "ARN of the secret with an administrator's credentials. A `masterarn` in a secret's value has no effect.",
    ),
  memberOf: list(
    z.string("set a text").regex(/^[\p{L}\p{N}_.:/=+@-]+$/u, "set a role name of letters, digits and _.:/=+@-"),
  )
    .refine((roles) => roles.join(" ").length <= maxTagLength, `set at most ${maxTagLength} characters in total`)
    .optional()
    .describe("Roles that the user becomes a member of if the first rotation creates the user."),
  securityGroupId: id("sg")
    .optional()
    .describe(
      "Security group of the database. The stack adds a rule that allows the function. Set either this or `cidr`.",
    ),
  cidr: z
    .cidrv4("set addresses such as 10.1.2.0/24")
    .refine((value) => !value.endsWith("/0"), "must not be the whole internet: set the addresses of the database")
    .optional()
    .describe("Addresses of a database whose security group a rule cannot name."),
  schedule: schedule.optional().describe("Rotation schedule of this secret. Default: the stack's `schedule`."),
  rotateImmediately: trueOrFalse()
    .optional()
    .describe(
      "Whether the first rotation, and a rotation at each change of the schedule, starts immediately. Default: true for a secret that the stack creates, false for an existing secret.",
    ),
  replicaRegions: list(replica)
    .refine((all) => new Set(all.map((one) => replicaOf(one).region)).size === all.length, "set each region once")
    .optional()
    .describe(
      "Regions that get a replica of the secret: `eu-west-1`, or `{region, kmsKeyArn}` with a key of that region. Default key: the region's `alias/aws/secretsmanager`.",
    ),
}).superRefine((value, context) => {
  const addProblem = (path: string, message: string): void =>
    context.addIssue({ code: "custom", path: [path], message });
  if ((value.secretName === undefined) === (value.secretArn === undefined))
    addProblem("secretName", "set either `secretName` or `secretArn`");
  const { host, username, adminSecretArn } = value;
  const alternating = value.strategy === "alternating-users";
  const names: [string, string | undefined, string][] = [
    ["host", host, "the host of the user that the administrator may change"],
    ["username", username, "the user that the administrator may change"],
  ];
  for (const [key, given, meaning] of names) {
    if (given !== undefined) continue;
    if (value.secretName !== undefined) addProblem(key, "is missing");
    else if (adminSecretArn !== undefined) addProblem(key, `is missing: with \`adminSecretArn\`, set ${meaning}`);
    else if (host !== username) addProblem(key, "is missing: set both `host` and `username`, or neither");
  }
  if ((value.securityGroupId === undefined) === (value.cidr === undefined))
    addProblem("securityGroupId", "set either `securityGroupId` or `cidr`");
  if (alternating && adminSecretArn === undefined)
    addProblem("adminSecretArn", "is missing: `alternating-users` needs an administrator");
  if (alternating && Buffer.byteLength(String(username ?? "")) > 57)
    addProblem("username", "set at most 57 bytes for `alternating-users`: the function adds `_clone`");
  if (alternating && String(username).endsWith("_clone"))
    addProblem("username", "ends in `_clone`: set the name without `_clone`, which the function adds");
  if (adminSecretArn !== undefined && adminSecretArn === value.secretArn)
    addProblem("adminSecretArn", "must not be the rotated secret itself");
  for (const key of ["dbname", "replicaRegions"] as const) {
    if (value.secretArn !== undefined && value[key] !== undefined)
      addProblem(key, "applies only to a secret that the stack creates: remove it");
  }
}, acrossKeys);

/** One database of the configuration. */
export type DatabaseSettings = z.output<typeof database>;

/** The logins whose passwords a database's secret changes, if the configuration names them. */
export function loginsOf({ host, port, username, strategy }: DatabaseSettings): string[] {
  if (typeof host !== "string" || typeof username !== "string") return [];
  const users = strategy === "alternating-users" ? [username, `${username}_clone`] : [username];
  return users.map((user) => `${user}@${host.toLowerCase()}:${port}`);
}
