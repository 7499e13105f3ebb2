import { z } from "zod";
import { certificatesOf, longestInterval, scheduleProblems } from "../components";
import { database, loginsOf, rulesOf, type Schedule, schedule } from "./databaseSchema";
import {
  acrossKeys,
  arnOf,
  choice,
  flag,
  id,
  isObject,
  keyArn,
  list,
  maxTagLength,
  name,
  object,
  set,
  tagText,
  text,
  whole,
} from "./fields";
import { fitsInPolicy } from "./policyRoom";
import { secretNameOf, textOf } from "./secretNames";

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
  adminDatabase: name()
    .default("postgres")
    .describe(
      "Database that administrators sign in to. Not the rotated user's, whose owner can shut an administrator out.",
    ),
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
  const { network: existing } = value;
  const databases = Array.isArray(value.databases) ? value.databases : [];
  const passwords = isObject(value.passwords) ? value.passwords : {};
  const tags = isObject(value.tags) ? value.tags : {};
  if (existing !== undefined && value.databases === undefined)
    complain(["databases"], "is missing: set the databases of `network`");
  if (existing === undefined && value.databases !== undefined)
    complain(["network"], "is missing: set the VPC of the databases");
  if (Array.isArray(existing?.subnetIds) && new Set(existing.subnetIds).size < existing.subnetIds.length)
    complain(["network", "subnetIds"], "must not contain duplicates");
  if (value.kmsKeyArn === undefined && value.keyDeletionWindowInDays < value.recoveryWindowInDays) {
    complain(
      ["keyDeletionWindowInDays"],
      "is shorter than `recoveryWindowInDays`: a restored secret would be without its key",
    );
  }
  const secrets = new Map<string, number>();
  const logins = new Map<string, number>();
  databases.forEach((one, index) => {
    if (!isObject(one)) return;
    const secret = secretNameOf(one);
    const before = secrets.get(secret);
    secrets.set(secret, index);
    if (before !== undefined && secret !== "")
      complain(["databases", index], `\`${secret}\` is the secret of databases[${before}] already`);
    for (const login of before === undefined ? loginsOf(one) : []) {
      const other = logins.get(login);
      if (other !== undefined)
        complain(["databases", index], `\`${login}\` is rotated by the secret of databases[${other}] already`);
      logins.set(login, index);
    }
    const known = one.secretName !== undefined && Reflect.has(passwords, one.secretName);
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
  const admins = databases.flatMap((one) => textOf(one?.adminSecretArn) ?? []);
  const keyArns = Array.isArray(value.additionalKmsKeyArns) ? value.additionalKmsKeyArns.filter(textOf) : [];
  if (!fitsInPolicy(databases.filter(isObject).map(secretNameOf), admins, keyArns))
    complain(
      ["databases"],
      `${new Set(admins).size} secrets of administrators and ${keyArns.length} further keys are more than an IAM policy has room for: share administrators, or split the databases over several stacks`,
    );
  for (const name of Object.keys(passwords)) {
    if (!databases.some((one) => one?.secretName === name))
      complain(["passwords", name], "no database has such a secret");
  }
  checkLength(["schedule"], value.schedule);
  const keys = new Map<string, string>();
  for (const key of Object.keys(tags)) {
    const twin = keys.get(key.toLowerCase());
    if (twin !== undefined)
      complain(["tags", key], `IAM takes it for the same key as \`${twin}\`: keep one of the two`);
    if (key.toLowerCase().startsWith("aws:")) complain(["tags", key], "AWS keeps names with `aws:` for itself");
    if (key.toLowerCase().startsWith("secrets-rotation:"))
      complain(["tags", key], "the stack writes tags with `secrets-rotation:` itself: remove it");
    keys.set(key.toLowerCase(), key);
  }

  function checkLength(path: PropertyKey[], rules: Schedule | undefined): void {
    if (!isObject(rules) || value.allowLongIntervals || scheduleProblems(rulesOf(rules)).length > 0) return;
    const longest = longestInterval(rulesOf(rules)) ?? 0;
    if (longest > 90)
      complain(
        path,
        `${longest} days between two rotations are more than 90: set less, or \`allowLongIntervals: true\``,
      );
  }
}, acrossKeys);

/** The configuration of a stack, checked and with its defaults. */
export type Settings = z.output<typeof schema>;
