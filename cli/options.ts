import type { strategies } from "../rotation-fn/secret/settings";
import type { CommandLine, Commands } from "./terminal/commandLine";
import { choice, flag, text, texts, time, type Values, wholeNumber } from "./terminal/option";

/** What every command takes. */
const common = {
  "stack-outputs": text("<file>", "what npx pulumi stack output --json printed: all secrets of the stack"),
  secret: texts("<name or ARN>", "one secret; may be repeated, and picks from the stack's where both are given"),
  region: text("<region>", "default: of the ARNs, AWS_REGION, or the profile"),
  json: flag("the result as one JSON object, last line on stdout; all else goes to stderr"),
};

/** What only some commands take. */
const own = {
  since: time("how far back to look in the log, as 30m, 12h or 7d; default 7d, and 1h for logs"),
  timeout: time("how long to wait for AWSCURRENT; default 10m, and 30s where there is no log"),
  yes: flag("do not ask; needed where no terminal is there to answer"),
  follow: flag("go on until Ctrl-C"),
  all: flag("Lambda's own lines, too"),
  host: text("<host>", "in place of a secret: the database and the user of one that does not exist yet"),
  port: wholeNumber("the database's port", 5432, [1, 65535]),
  dbname: text("<name>", "default postgres"),
  username: text("<user>", "its password is taken from the environment variable PGPASSWORD"),
  strategy: choice("<name>", "in place of what the secret's tags say", {
    "single-user": { summary: "one user, whose password changes" },
    "alternating-users": { summary: "two users, by turns; needs an admin" },
  } satisfies Record<(typeof strategies)[number], object>),
  admin: text("<user>", "who changes the password, if not the user; its password is taken from ADMIN_PASSWORD"),
  ca: text("<file>", "certificate authority of the database, as PEM"),
};

export type OpsValues = Partial<Values<typeof common & typeof own>>;

const stdin = `Without --stack-outputs and --secret, the stack's outputs are read from stdin:
  npx pulumi stack output --json | npm run ops -- status`;

function command(name: string, takes: readonly (keyof typeof own)[], summary: string, ...notes: string[]): CommandLine {
  const options = { ...Object.fromEntries(takes.map((option) => [option, own[option]])), ...common };
  return { name: `npm run ops -- ${name}`, summary, options, notes: [...notes, stdin] };
}

/** The commands, each with the options that it takes. */
export const ops = {
  name: "npm run ops --",
  summary: "Looks after the rotation of deployed secrets.",
  commands: {
    status: command(
      "status",
      ["since"],
      "Shows each secret's staging labels, last and next rotation, and the last error in the log. Several secrets are a table, those that need you first.",
    ),
    rotate: command("rotate", ["timeout"], "Rotates immediately, and stays until AWSCURRENT has moved."),
    verify: command("verify", [], "After a deployment: rotated, the password logs in, alarms and their topic exist."),
    recover: command(
      "recover",
      ["yes", "timeout"],
      "Ends a stuck rotation without losing a password that may be in force. Asks before it changes anything.",
      "To be asked, name the secrets by an option: an answer can't come from a stdin that has the stack's outputs.",
    ),
    logs: command(
      "logs",
      ["since", "follow", "all"],
      "Prints the function's log, failures with what to do about them.",
    ),
    preflight: command(
      "preflight",
      ["host", "port", "dbname", "username", "strategy", "admin", "ca"],
      "Looks whether rotation will work, and changes nothing: reachability, TLS, login, privileges, settings.",
      "`npm run preflight --` is short for it. Several secrets are a table; name one for all findings.",
    ),
  },
  notes: [
    stdin,
    `environment:
  AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, ...   as for every AWS tool
  SECRETS_MANAGER_ENDPOINT  another Secrets Manager; one at http://localhost needs no credentials
  AWS_ENDPOINT_URL_CLOUDWATCH_LOGS, AWS_ENDPOINT_URL_CLOUDWATCH, AWS_ENDPOINT_URL_SNS   the same for the others
  NODE_EXTRA_CA_CERTS       certificate authority of a database that is not RDS
  NO_COLOR                  print without colors`,
  ],
} as const satisfies Commands;

export type CommandName = keyof typeof ops.commands;
