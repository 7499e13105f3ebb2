import { z } from "zod";
import { certificatesOf, nameProblem, runtimeProblem, runtimes } from "../components";
import { database, schedule } from "./databaseSchema";
import {
  arnOf,
  checkedText,
  integer,
  keyArn,
  list,
  nonEmptyText,
  object,
  oneOf,
  passwordText,
  resourceId,
  set,
  tagText,
  trueOrFalse,
} from "./fields";

const network = object({
  vpcId: resourceId("vpc").describe("ID of the VPC of the databases. Required."),
  subnetIds: set(resourceId("subnet"))
    .max(16, "set at most 16 subnets, the maximum of a Lambda function")
    .min(1, "set two subnets in different Availability Zones")
    .describe("Subnets that can connect to the databases, in at least two Availability Zones. Required."),
  endpointSecurityGroupId: resourceId("sg")
    .optional()
    .describe(
      "Security group of the VPC's Secrets Manager endpoint. Without it, the stack creates an endpoint without private DNS, which other clients in the VPC do not use.",
    ),
});

const functionSettings = object({
  timeout: integer(30, 900, " seconds")
    .default(300)
    .describe("Timeout in seconds. Each rotation step is one invocation."),
  memorySize: integer(128, 10240, " MB")
    .default(256)
    .describe("Memory in MB. Lambda allocates CPU in proportion to it."),
  runtime: z
    .enum(runtimes, { error: ({ input }) => runtimeProblem(String(input)) ?? `set ${runtimes.join(" or ")}` })
    .default("nodejs24.x")
    .describe("Lambda runtime."),
  logRetentionInDays: z
    .literal(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      "set a retention that CloudWatch Logs supports: 30, 90, 365, 731, …",
    )
    .default(365)
    .describe("Retention of the log groups in days."),
  reservedConcurrentExecutions: integer(1, 1000)
    .optional()
    .describe("Reserved concurrency, taken from the account's quota."),
  metricsPerSecret: trueOrFalse()
    .default(false)
    .describe("Also metrics for each secret, for 1.20 dollars a month each."),
  codeSigningConfigArn: arnOf(
    "lambda",
    "code-signing-config:\\S+",
    "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-…",
  )
    .optional()
    .describe("ARN of a code signing configuration."),
}).prefault({});

const password = object({
  length: integer(16, 512).describe("Length of a new password. Default: 32."),
  // The environment of a function holds 4 KB.
  excludeCharacters: nonEmptyText()
    .max(512, "set at most 512 characters")
    .describe("Characters to exclude. Default: all punctuation except `-`, `.` and `_`."),
  excludeNumbers: trueOrFalse().describe("Exclude digits."),
  excludePunctuation: trueOrFalse().describe("Exclude all punctuation."),
  excludeUppercase: trueOrFalse().describe("Exclude uppercase letters."),
  excludeLowercase: trueOrFalse().describe("Exclude lowercase letters."),
  requireEachIncludedType: trueOrFalse().describe("Each type that is not excluded must occur. Default: true."),
  form: oneOf(["verifier", "plaintext"]).describe(
    "What the function sends to the server: a SCRAM-SHA-256 `verifier` (the default), or `plaintext` for a server that checks passwords.",
  ),
})
  .partial()
  .prefault({});

/** Schema of each key of a stack's configuration. */
export const schema = object({
  network: network
    .optional()
    .describe("An existing VPC. Without it, the stack creates a VPC and a small PostgreSQL for trials."),
  databases: list(database)
    .min(1, "set at least one database")
    .optional()
    .describe("The databases in `network`. Required with it."),
  passwords: z
    .record(z.string(), passwordText(), "set an object of secret names and passwords")
    .default({})
    .describe(
      "Passwords before the first rotation, by secret name. Set them encrypted: `pulumi config set --secret --path 'passwords[\"name\"]'`. Not required with `adminSecretArn`, or after the secret exists.",
    ),
  schedule: schedule.default({ days: 30 }).describe("Rotation schedule: `days`, `rate` or `cron`."),
  allowLongIntervals: trueOrFalse().default(false).describe("Allows more than 90 days between two rotations."),
  recoveryWindowInDays: z
    .int("set 7 to 30, or 0 for none")
    .refine((days) => days === 0 || (days >= 7 && days <= 30), "set 7 to 30, or 0 for none")
    .default(7)
    .describe("Days in which a deleted secret can be restored: 7 to 30, or 0 for none."),
  kmsKeyArn: keyArn
    .optional()
    .describe(
      "ARN of the KMS key for secrets, logs and alarms. The key policy must allow three services: docs/security.md, A key of your own. Without `kmsKeyArn`, the stack creates a key.",
    ),
  keepOwnKey: trueOrFalse()
    .default(false)
    .describe(
      "Keeps the key that the stack created before `kmsKeyArn` was set. The first version of each secret and the earlier log need it.",
    ),
  keyDeletionWindowInDays: integer(7, 30).default(30).describe("Days before a deleted key is gone."),
  additionalKmsKeyArns: set(keyArn)
    .default([])
    .describe("KMS keys of administrators' secrets and of existing secrets."),
  adminDatabase: checkedText(nameProblem)
    .default("postgres")
    .describe(
      "Database that administrators log in to. Never a rotated user's: its owner can lock an administrator out.",
    ),
  databaseCa: z
    .string("set certificates in PEM format")
    .refine((pem) => {
      try {
        return certificatesOf(pem).length > 0;
      } catch {
        return false;
      }
    }, "set certificates in PEM format")
    .optional()
    .describe("Certificate authorities in PEM format, for databases outside RDS."),
  function: functionSettings.describe("The rotation function."),
  password: password.describe("Rules for new passwords."),
  alarms: object({
    emails: set(z.email("set an email address")).default([]).describe("Addresses that get an email for each alarm."),
    webhooks: set(z.url({ protocol: /^https$/, error: "set an https:// URL" }))
      .default([])
      .describe("HTTPS URLs that get a request for each alarm."),
    topicArn: z
      .string()
      .regex(/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$/, "set the ARN of an SNS topic")
      .optional()
      .describe(
        "ARN of an existing topic, to which CloudWatch and EventBridge may publish. Excludes `emails` and `webhooks`.",
      ),
  })
    .refine(
      ({ topicArn, emails, webhooks }) => topicArn === undefined || emails.length + webhooks.length === 0,
      "`topicArn` excludes `emails` and `webhooks`: subscribe them to that topic",
    )
    .prefault({})
    .describe("Recipients of the alarms."),
  flowLogs: trueOrFalse().default(true).describe("Flow logs for the stack's own VPC."),
  protect: trueOrFalse()
    .optional()
    .describe("Pulumi refuses to delete secrets and the key. Default: true with `databases`."),
  tags: z
    .record(tagText(128), tagText(256), "set an object of tag names and values")
    .default({})
    .describe("Tags of all resources that support tags."),
});

/** The validated configuration of a stack, with its defaults. */
export type StackSettings = z.output<typeof schema>;
