import type { strategies } from "../rotation-fn/secret/settings";
import type { CommandLine, Commands } from "./terminal/commandLine";
import { choice, flag, text, texts, time, type Values, wholeNumber } from "./terminal/option";

const common = {
  "stack-outputs": text("<file>", "output of npx pulumi stack output --json: all secrets of the stack"),
  secret: texts("<name or ARN>", "one secret; may be repeated; selects from the stack's secrets if both are given"),
  region: text("<region>", "default: the region of the ARNs, AWS_REGION, or the profile's"),
  json: flag("print the result as one JSON object on the last line of stdout; other output goes to stderr"),
};

const own = {
  since: time("age of the oldest log lines, such as 30m, 12h or 7d; default 7d, and 1h for logs"),
  timeout: time("how long to wait for AWSCURRENT; default 10m, and 30s if there is no log"),
  yes: flag("do not ask; required without a terminal"),
  follow: flag("print new lines until Ctrl-C"),
  all: flag("include Lambda's own lines"),
  host: text("<host>", "in place of a secret: the database, if the secret does not exist yet"),
  port: wholeNumber("the database's port", 5432, [1, 65535]),
  dbname: text("<name>", "default postgres"),
  username: text("<user>", "the user; set its password in the environment variable PGPASSWORD"),
  strategy: choice("<name>", "in place of the one in the secret's tags", {
    "single-user": { summary: "one user, whose password changes" },
    "alternating-users": { summary: "two logins of one role; needs an administrator" },
  } satisfies Record<(typeof strategies)[number], object>),
  admin: text("<user>", "the administrator; set its password in ADMIN_PASSWORD"),
  ca: text("<file>", "certificate authority of the database, as PEM"),
  prefix: text("<text>", "only secrets whose names begin with it"),
  tag: text("<key>[=<value>]", "only secrets with this tag"),
};

export type OpsValues = Partial<Values<typeof common & typeof own>>;

const stdin = `Without --stack-outputs and --secret, the stack's outputs are read from stdin:
  npx pulumi stack output --json | npm run ops -- status`;

const adoptStatement = `IAM statement, besides kms:Decrypt for secrets with a key of their own:
  { "Effect": "Allow", "Resource": "*", "Action": ["secretsmanager:ListSecrets", "secretsmanager:GetSecretValue",
    "rds:DescribeDBInstances", "rds:DescribeDBClusters"] }`;

function command(name: string, takes: readonly (keyof typeof own)[], summary: string, ...notes: string[]): CommandLine {
  const options = { ...Object.fromEntries(takes.map((option) => [option, own[option]])), ...common };
  return { name: `npm run ops -- ${name}`, summary, options, notes: [...notes, stdin] };
}

/** The commands and their options. */
export const ops = {
  name: "npm run ops --",
  summary: "Operates the rotation of deployed secrets.",
  commands: {
    status: command(
      "status",
      ["since"],
      "Shows each secret's staging labels, last and next rotation, and the last error in the log. For several secrets, prints a table, those that need action first.",
    ),
    rotate: command("rotate", ["timeout"], "Rotates immediately, and waits until AWSCURRENT has moved."),
    verify: command(
      "verify",
      [],
      "Checks a deployment: a rotation has succeeded, AWSCURRENT logs in, alarms and their topic exist.",
    ),
    recover: command(
      "recover",
      ["yes", "timeout"],
      "Repairs a stuck rotation without losing a password that the database may have. Asks before it changes anything.",
      "It asks on stdin: pass the stack's outputs in a file, or name the secrets with --secret.",
    ),
    logs: command("logs", ["since", "follow", "all"], "Prints the function's log, and the remedies of failures."),
    preflight: command(
      "preflight",
      ["host", "port", "dbname", "username", "strategy", "admin", "ca"],
      "Checks whether rotation will work, and changes nothing: reachability, TLS, login, privileges, settings.",
      "The stack's outputs contain the function's settings. Without them, set its variables that are not the default: PASSWORD_FORM, ADMIN_DATABASE.",
      "`npm run preflight --` is short for it. For several secrets, prints a table; name one for all findings.",
    ),
    adopt: {
      name: "npm run ops -- adopt",
      summary:
        "Finds the region's secrets with PostgreSQL credentials, shows who rotates each, and prints the configuration that adopts them. Changes nothing.",
      options: { prefix: own.prefix, tag: own.tag, region: common.region, json: common.json },
      notes: ["It reads each value for user and host, and prints no credential: docs/adopting.md.", adoptStatement],
    },
  },
  notes: [
    stdin,
    `environment:
  AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, ...   as in every AWS tool
  SECRETS_MANAGER_ENDPOINT  URL of another Secrets Manager; http://localhost needs no credentials
  AWS_ENDPOINT_URL_CLOUDWATCH_LOGS, AWS_ENDPOINT_URL_CLOUDWATCH, AWS_ENDPOINT_URL_SNS, AWS_ENDPOINT_URL_RDS   URLs of the other services
  NODE_EXTRA_CA_CERTS       certificate authority of a database outside of RDS
  NO_COLOR                  print without colors`,
  ],
} as const satisfies Commands;

export type CommandName = keyof typeof ops.commands;
