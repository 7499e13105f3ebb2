import { z } from "zod";
import { certificatesOf, longestInterval, type RotationRules, Strategy, scheduleProblems } from "../components";

const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `set an id such as ${prefix}-0a1b2c3d4e5f60718`);
const arnOf = (service: string, resource: string, example: string) =>
  z
    .string()
    .regex(new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:${resource}$`), `set an ARN such as ${example}`);
// Policies compare them: a secret's has to have its six characters, and a key's must not be an alias.
const secretArn = arnOf(
  "secretsmanager",
  "secret:\\S+-[A-Za-z0-9]{6}",
  "arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf",
);
const keyArn = arnOf("kms", "key/[\\w-]+", "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…");
const whole = (low: number, high: number, unit = "") =>
  z
    .int(`set a whole number from ${low} to ${high}${unit}`)
    .min(low, `set ${low} to ${high}${unit}`)
    .max(high, `set ${low} to ${high}${unit}`);
/** A secret's settings are tags of it. */
const maxTagLength = 256;
/** What IAM takes; other services take more. */
const tagText = (length: number) =>
  z
    .string("set a text")
    .max(length, `set at most ${length} characters`)
    .regex(/^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u, "set letters, digits, blanks and _.:/=+@-");
const flag = () => z.boolean("set true or false");
const text = () => z.string("set a text").min(1, "set a text");
const choice = <const T extends readonly string[]>(values: T) => z.enum(values, `set ${values.join(" or ")}`);
const object = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape, { error: badObject });
const list = <T extends z.ZodType>(of: T) => z.array(of, "set a list");
const set = <T extends z.ZodType<string>>(of: T) =>
  list(of).refine((all) => new Set(all).size === all.length, "one stands there twice");

/** An unknown key has its own message elsewhere. */
function badObject(issue: { code?: string | undefined }): string | undefined {
  return issue.code === "invalid_type" ? "set an object with keys" : undefined;
}

const scheduleShape = {
  days: whole(1, 1000).optional().describe("Days between two rotations."),
  rate: text().optional().describe("`rate(…)`, in hours or days, at least 4 hours."),
  cron: text().optional().describe("`cron(…)` in UTC; minutes 0, year `*`."),
  duration: text()
    .optional()
    .describe("Length of the window, `1h` to `24h`. A long window of a cron is spread over the databases."),
};
type Schedule = z.output<z.ZodObject<typeof scheduleShape>>;

/** Secrets Manager's words for a schedule. */
export function rulesOf({ days, rate, cron, duration }: Schedule): RotationRules {
  const scheduleExpression = rate ?? cron;
  return {
    ...(days === undefined ? {} : { automaticallyAfterDays: days }),
    ...(scheduleExpression === undefined ? {} : { scheduleExpression }),
    ...(duration === undefined ? {} : { duration }),
  };
}

const schedule = object(scheduleShape).superRefine((value, context) => {
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

const network = object({
  vpcId: id("vpc").describe("The VPC of the databases."),
  subnetIds: list(id("subnet"))
    .min(1, "set two subnets in different zones")
    .describe("Subnets that reach the databases, in two zones or more."),
  endpointSecurityGroupId: id("sg")
    .optional()
    .describe(
      "Security group of the Secrets Manager endpoint that the VPC has already. Without it, an endpoint is made for the function alone, without private DNS: whatever else is in the VPC goes on reaching Secrets Manager as it does.",
    ),
});

const database = object({
  secretName: z
    .string("set a text")
    .regex(/^[\w/+=.@!-]{1,512}$/, "set 1 to 512 letters, digits and /_+=.@!-")
    .optional()
    .describe("Name of the secret that is made."),
  secretArn: secretArn
    .optional()
    .describe("Instead: a secret that exists. Its value stays as it is, only its rotation is managed."),
  host: z
    .string("set a host name")
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, "set a host name without protocol and port")
    .optional()
    .describe("Host name of the database, for the secret's first value; later on it changes in the secret alone."),
  port: whole(1, 65535)
    .default(5432)
    .describe("Port of the database, for the secret's first value and the way through the security groups."),
  dbname: text().max(63, "set at most 63 characters").default("postgres").describe("Database to connect to."),
  username: text().max(63, "set at most 63 characters").optional().describe("The user whose password is rotated."),
  strategy: choice(Object.values(Strategy))
    .optional()
    .describe(
      "`single-user`, or `alternating-users` for no refused log-in at any moment. Default: `single-user`; for a secret that exists, `alternating-users` if it has a `masterarn`.",
    ),
  adminSecretArn: secretArn
    .max(maxTagLength, `set an ARN of at most ${maxTagLength} characters`)
    .optional()
    .describe(
      "Secret with an administrator's credentials. The function may read only those named here: set it for a secret that exists and has a `masterarn`, too.",
    ),
  memberOf: list(
    z.string("set a text").regex(/^[\p{L}\p{N}_.:/=+@-]+$/u, "set a role's name of letters, digits and _.:/=+@-"),
  )
    .refine((roles) => roles.join(" ").length <= maxTagLength, `set at most ${maxTagLength} characters in all`)
    .optional()
    .describe("Roles that a user made by the first rotation becomes a member of."),
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
  replicaRegions: set(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "set a region such as eu-west-1"))
    .optional()
    .describe("Regions that get a copy of the secret."),
}).superRefine((value, context) => {
  const complain = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
  if ((value.secretName === undefined) === (value.secretArn === undefined))
    complain("secretName", "set either `secretName` or `secretArn`");
  if (value.secretName !== undefined && value.host === undefined) complain("host", "is missing");
  if (value.secretName !== undefined && value.username === undefined) complain("username", "is missing");
  if ((value.securityGroupId === undefined) === (value.cidr === undefined))
    complain("securityGroupId", "set either `securityGroupId` or `cidr`");
  if (value.strategy === "alternating-users" && value.adminSecretArn === undefined)
    complain("adminSecretArn", "alternating users need an administrator: set its secret's ARN");
  if (value.strategy === "alternating-users" && Buffer.byteLength(value.username ?? "") > 57)
    complain("username", "set at most 57 bytes where users alternate: `_clone` is added");
  if (value.adminSecretArn !== undefined && value.adminSecretArn === value.secretArn)
    complain("adminSecretArn", "a secret can't be its own administrator");
  if (value.secretArn !== undefined && value.replicaRegions !== undefined)
    complain("replicaRegions", "belongs to a secret that is made: leave it out");
});

const functionSettings = object({
  timeout: whole(30, 900, " seconds").default(300).describe("Seconds that one step may take."),
  memorySize: whole(128, 10240, " MB").default(256).describe("Memory in MB; the processor grows with it."),
  runtime: choice(["nodejs20.x", "nodejs22.x", "nodejs24.x"]).default("nodejs24.x").describe("Lambda's runtime."),
  logRetentionInDays: z
    .literal(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      "set a length that CloudWatch Logs has: 30, 90, 365, 731, …",
    )
    .default(365)
    .describe("Days that logs are kept."),
  reservedConcurrentExecutions: whole(1, 1000).optional().describe("Executions set aside out of the account's quota."),
  codeSigningConfigArn: arnOf(
    "lambda",
    "code-signing-config:\\S+",
    "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-…",
  )
    .optional()
    .describe("Code signing configuration that uploads must satisfy."),
}).prefault({});

const password = object({
  length: whole(16, 512).optional().describe("Characters of a new password."),
  excludeCharacters: text()
    .optional()
    .describe("Characters that a new password must not have. Without it: all punctuation but `-`, `.` and `_`."),
  excludeNumbers: flag().optional().describe("No digits."),
  excludePunctuation: flag().optional().describe("No punctuation at all."),
  excludeUppercase: flag().optional().describe("No capital letters."),
  excludeLowercase: flag().optional().describe("No small letters."),
  requireEachIncludedType: flag()
    .optional()
    .describe("Whether a new password must have each kind of character that is left. Default: true."),
  form: choice(["verifier", "plaintext"])
    .optional()
    .describe(
      "`verifier`: the password itself never reaches the server. `plaintext`: for a server that checks passwords.",
    ),
})
  .superRefine((value, context) => {
    const { excludeNumbers, excludePunctuation, excludeUppercase, excludeLowercase } = value;
    if (excludeNumbers && excludePunctuation && excludeUppercase && excludeLowercase)
      context.addIssue({ code: "custom", message: "nothing is left to make a password of" });
  })
  .prefault({});

/** The configuration of a stack. */
export const schema = object({
  network: network
    .optional()
    .describe(
      "An existing VPC. Without it the stack makes a VPC and a small PostgreSQL of its own, for trying things out.",
    ),
  databases: list(database)
    .min(1, "set at least one database")
    .optional()
    .describe("The databases of an existing network."),
  passwords: z
    .record(z.string(), text(), "set an object of secret names and passwords")
    .default({})
    .describe(
      "Passwords until the first rotation, by secret name; encrypted: `pulumi config set --secret --path 'passwords[\"name\"]'`. Not needed with `adminSecretArn`.",
    ),
  schedule: schedule.default({ days: 30 }).describe("When secrets are rotated."),
  allowLongIntervals: flag().default(false).describe("Allows more than 90 days between two rotations."),
  recoveryWindowInDays: z
    .int("set 7 to 30, or 0 for none")
    .refine((days) => days === 0 || (days >= 7 && days <= 30), "set 7 to 30, or 0 for none")
    .default(7)
    .describe("Days in which a deleted secret can be restored; 0 for none."),
  kmsKeyArn: keyArn
    .optional()
    .describe(
      "Key for secrets, logs and alarms. Without it, one is made. Its policy has to let three services in: docs/security.md, A key of your own.",
    ),
  keyDeletionWindowInDays: whole(7, 30).default(30).describe("Days between asking for the key's deletion and its end."),
  additionalKmsKeyArns: list(keyArn)
    .default([])
    .describe("Further keys that the function may use: of administrators' secrets, of secrets that existed before."),
  databaseCa: z
    .string("set a PEM text")
    .refine((pem) => {
      try {
        return certificatesOf(pem).length > 0;
      } catch {
        return false;
      }
    }, "set certificates in PEM form")
    .optional()
    .describe("Certificate authority of databases that are not RDS, as PEM."),
  function: functionSettings.describe("The rotation function."),
  password: password.describe("What new passwords look like."),
  alarms: object({
    emails: set(z.email("set a mail address")).default([]).describe("Get a mail for each alarm."),
    webhooks: set(z.url({ protocol: /^https$/, error: "set an https:// URL" }))
      .default([])
      .describe("Get each alarm over HTTPS."),
  })
    .prefault({})
    .describe("Who is told."),
  flowLogs: flag().default(true).describe("Flow logs for the stack's own VPC."),
  protect: flag().default(false).describe("Refuses to delete secrets and key until it is taken away."),
  tags: z
    .record(tagText(128), tagText(maxTagLength), "set an object of names and values")
    .default({})
    .describe("Tags of all resources."),
}).superRefine((value, context) => {
  const complain = (path: PropertyKey[], message: string): void => context.addIssue({ code: "custom", path, message });
  const { network: existing, databases = [] } = value;
  if (existing !== undefined && value.databases === undefined)
    complain(["databases"], "is missing: set the databases of `network`");
  if (existing === undefined && value.databases !== undefined)
    complain(["network"], "is missing: set the VPC of the databases");
  if (existing !== undefined && new Set(existing.subnetIds).size < existing.subnetIds.length)
    complain(["network", "subnetIds"], "one subnet stands there twice");
  if (value.kmsKeyArn === undefined && value.keyDeletionWindowInDays < value.recoveryWindowInDays) {
    complain(
      ["keyDeletionWindowInDays"],
      "is shorter than `recoveryWindowInDays`: a restored secret would be without its key",
    );
  }
  const names = new Map<string, number>();
  databases.forEach((one, index) => {
    const name = one.secretName ?? one.secretArn ?? "";
    const before = names.get(name);
    if (before !== undefined)
      complain(["databases", index], `\`${name}\` is the secret of databases[${before}] already`);
    names.set(name, index);
    const known = one.secretName !== undefined && value.passwords[one.secretName] !== undefined;
    if (one.secretName !== undefined && !known && one.adminSecretArn === undefined) {
      complain(
        ["databases", index],
        `set its password with \`pulumi config set --secret --path 'passwords["${one.secretName}"]'\`, or an \`adminSecretArn\``,
      );
    }
    if (one.secretName !== undefined && !known && one.adminSecretArn !== undefined && one.rotateImmediately === false) {
      complain(
        ["databases", index, "rotateImmediately"],
        "must be true where no password is set: until the first rotation the secret has one that the database does not know",
      );
    }
    checkLength(["databases", index, "schedule"], one.schedule);
  });
  for (const name of Object.keys(value.passwords)) {
    if (!databases.some((one) => one.secretName === name))
      complain(["passwords", name], "no database has such a secret");
  }
  checkLength(["schedule"], value.schedule);
  const keys = new Map<string, string>();
  for (const key of Object.keys(value.tags)) {
    const twin = keys.get(key.toLowerCase());
    if (twin !== undefined)
      complain(["tags", key], `IAM takes it for the same key as \`${twin}\`: keep one of the two`);
    if (key.toLowerCase().startsWith("aws:")) complain(["tags", key], "AWS keeps names with `aws:` for itself");
    keys.set(key.toLowerCase(), key);
  }

  function checkLength(path: PropertyKey[], rules: Schedule | undefined): void {
    if (rules === undefined || value.allowLongIntervals || scheduleProblems(rulesOf(rules)).length > 0) return;
    const longest = longestInterval(rulesOf(rules)) ?? 0;
    if (longest > 90)
      complain(
        path,
        `${longest} days between two rotations are more than 90: set less, or \`allowLongIntervals: true\``,
      );
  }
});

/** The configuration of a stack, checked and with its defaults. */
export type Settings = z.output<typeof schema>;
/** One database of the configuration. */
export type Database = z.output<typeof database>;
