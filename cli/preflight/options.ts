import { parseArgs } from "node:util";
import { type Strategy, strategies } from "../../rotation-fn/secret/settings";

export const help = `Looks whether rotation will work for a database, without changing anything: reachability, TLS, log-in, the right
to change the role, memberships, settings.

usage: npm run preflight -- --secret <name or ARN>
       npm run preflight -- --host <host> --username <user> [options]

  --secret <id>          read database, user and strategy out of a secret in Secrets Manager (SECRETS_MANAGER_ENDPOINT
                         and the AWS SDK's usual credentials apply)
  --host, --port, --dbname, --username
                         the database and the user, for a secret that does not exist yet; the user's password is taken
                         from the environment variable PGPASSWORD
  --strategy <name>      ${strategies.join(" or ")}; with --secret: in place of what the secret's tags say
  --admin <user>         who changes the password, where that is not the user; its password is taken from ADMIN_PASSWORD
  --ca <file>            certificate authority of the database, as PEM
  --json                 print the findings as one JSON object on the last line
  --help                 print this

exit code: 0 when rotation will work, 1 when it will not, 2 for a wrong option
`;

export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly secret: string | undefined;
  readonly host: string | undefined;
  readonly port: number;
  readonly dbname: string;
  readonly username: string | undefined;
  readonly strategy: Strategy | undefined;
  readonly admin: string | undefined;
  readonly ca: string | undefined;
}

/** @throws Error saying which option is wrong. */
export function parseOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: flag,
      json: flag,
      secret: text,
      host: text,
      port: { ...text, default: "5432" },
      dbname: { ...text, default: "postgres" },
      username: text,
      strategy: text,
      admin: text,
      ca: text,
    },
  });
  const strategy = strategies.find((name) => name === values.strategy);
  const port = Number(values.port);
  if (values.strategy !== undefined && strategy === undefined)
    throw new Error(`--strategy takes ${strategies.join(" or ")}, not "${values.strategy}"`);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error("--port takes 1 to 65535");
  if (!values.help && (values.secret === undefined) === (values.host === undefined)) {
    throw new Error("give either --secret or --host");
  }
  if (values.host !== undefined && values.username === undefined && !values.help)
    throw new Error("--username is missing");
  if (strategy === "alternating-users" && values.secret === undefined && values.admin === undefined) {
    throw new Error("alternating-users needs --admin");
  }
  return {
    help: values.help,
    json: values.json,
    secret: values.secret,
    host: values.host,
    port,
    dbname: values.dbname,
    username: values.username,
    strategy,
    admin: values.admin,
    ca: values.ca,
  };
}
