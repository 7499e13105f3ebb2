/** The commands, each with what it does in one sentence. */
export const summaries = {
  status: "each secret's labels, last and next rotation, age, and the last error in the log",
  rotate: "rotate now, and stay until AWSCURRENT has really moved",
  verify: "after a deployment: rotation happened, the password logs in, alarms and topic exist",
  recover: "bring a stuck rotation to its end, without losing a password that may be in force",
  logs: "the function's log, failures with what to do about them",
} as const;

export type CommandName = keyof typeof summaries;

const secrets = `which secrets (one of the two):
  npx pulumi stack output --json | npm run ops -- <command>
                          all secrets of the selected stack; recover asks, so give it a file instead
  --stack-outputs <file>  the same from a file
  --secret <name or ARN>  one secret; may be repeated, and picks from the stack's where both are given`;

const common = `  --region <region>       default: of the ARNs, AWS_REGION, or the profile
  --json                  the result as one JSON object, last line on stdout; all else goes to stderr
  --help                  print this`;

const environment = `environment:
  AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, ...   as for every AWS tool
  SECRETS_MANAGER_ENDPOINT  another Secrets Manager; one at http://localhost needs no credentials
  AWS_ENDPOINT_URL_CLOUDWATCH_LOGS, AWS_ENDPOINT_URL_CLOUDWATCH, AWS_ENDPOINT_URL_SNS   the like for the others
  NODE_EXTRA_CA_CERTS       certificate authority of a database that is not RDS
  NO_COLOR                  print without colours`;

const exitCodes = "exit code: 0 all is well, 1 something is not or failed, 2 the command was not understood";

export const overview = `Looks after the rotation of deployed secrets.

usage: npm run ops -- <command> [options]

commands:
${Object.entries(summaries)
  .map(([name, summary]) => `  ${name.padEnd(22)}  ${summary}`)
  .join("\n")}
  <command> --help        its own options

${secrets}

options:
${common}

${environment}

${exitCodes}
`;

const own: Readonly<Record<CommandName, string>> = {
  status: `  --since <time>          how far back to look for errors, as 30m, 12h or 7d; default 7d
`,
  rotate: `  --timeout <time>        how long to wait for AWSCURRENT; default 10m, and 30s where there is no log
`,
  verify: "",
  recover: `  --yes                   do not ask; needed where no terminal is there to answer
  --timeout <time>        how long to wait for the rotation at the end; default 10m, and 30s where there is no log
`,
  logs: `  --since <time>          how far back to begin, as 30m, 12h or 7d; default 1h
  --follow                go on until Ctrl-C
  --all                   Lambda's own lines, too
`,
};

export function helpOf(command: CommandName): string {
  return `${summaries[command][0]?.toUpperCase()}${summaries[command].slice(1)}.

usage: npm run ops -- ${command} [options]

${secrets}

options:
${own[command]}${common}

${exitCodes}
`;
}
