import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { adminCredentials } from "../../rotation-fn/database/strategies/asAdmin";
import { nextTarget } from "../../rotation-fn/secret/pending";
import { createClient, SecretClient } from "../../rotation-fn/secret/secretClient";
import { type Credentials, parseSecretValue } from "../../rotation-fn/secret/secretValue";
import type { Strategy } from "../../rotation-fn/secret/settings";
import { settingsOf } from "../../rotation-fn/secret/settings";
import { nextUsername } from "../../rotation-fn/secret/usernames";
import type { Plan } from "./checks";

/** The options that select the target. */
export interface TargetOptions {
  /** Name or ARN; undefined if the options name the database and user. */
  readonly secret: string | undefined;
  readonly host: string | undefined;
  readonly port: number;
  readonly dbname: string;
  readonly username: string | undefined;
  readonly strategy: Strategy | undefined;
  readonly admin: string | undefined;
}

/** The database and user that are checked, and the administrator. */
export interface Target {
  /** The user of AWSCURRENT, with the server of the next version. */
  readonly user: Credentials;
  /** The administrator's credentials; undefined if the user changes its own password. */
  readonly admin: Credentials | undefined;
  readonly plan: Plan;
  /** Where the password comes from that is used to log in. */
  readonly source: "PGPASSWORD" | "ADMIN_PASSWORD" | "AWSCURRENT" | "the admin secret";
}

/**
 * Reads the target from the secret, or from the options and the environment.
 *
 * @throws RotationError, or Error that names what is missing.
 */
export async function targetOf(
  options: TargetOptions,
  env: NodeJS.ProcessEnv,
  client: SecretsManagerClient = createClient(env),
): Promise<Target> {
  if (options.secret === undefined) return fromOptions(options, env);
  return fromSecret(new SecretClient(client, options.secret), options, env);
}

/** Strategy and administrator in the options override those of the secret, which may not be rotated yet. */
async function fromSecret(secret: SecretClient, options: TargetOptions, env: NodeJS.ProcessEnv): Promise<Target> {
  const { description, current } = await secret.describeWithCurrent();
  const value = parseSecretValue(current.text, "AWSCURRENT");
  if (options.admin !== undefined) return withAdmin(value, options, env);
  const settings = settingsOf(description, value);
  if (options.strategy === "alternating-users" && settings.adminSecretArn === undefined) {
    throw new Error("alternating-users needs --admin, or a secret whose tags name its admin secret");
  }
  const strategy = options.strategy ?? settings.strategy;
  const target = await nextTarget(secret, { ...settings, strategy }, value);
  const user = { ...value, host: target.host, port: target.port };
  const plan = { ...settings, strategy, next: target.username };
  if (settings.adminSecretArn === undefined) {
    return { user, admin: undefined, plan: { ...plan, admin: undefined }, source: "AWSCURRENT" };
  }
  const version = await secret.of(settings.adminSecretArn).read("AWSCURRENT");
  const admin = adminCredentials(version?.text, "admin AWSCURRENT", target, env.ADMIN_DATABASE || "postgres");
  return { user, admin, plan: { ...plan, admin: admin.username }, source: "the admin secret" };
}

function fromOptions(options: TargetOptions, env: NodeJS.ProcessEnv): Target {
  const { host = "", port, dbname, username = "" } = options;
  const at = { host, port, dbname, username, ssl: true };
  if (options.admin !== undefined) return withAdmin({ ...at, password: "" }, options, env);
  const user = { ...at, password: passwordIn(env, "PGPASSWORD") };
  const plan = { username, strategy: "single-user", memberOf: [], next: username, admin: undefined } as const;
  return { user, admin: undefined, plan, source: "PGPASSWORD" };
}

function withAdmin(
  user: Credentials,
  { admin = "", strategy = "single-user" }: TargetOptions,
  env: NodeJS.ProcessEnv,
): Target {
  const next = nextUsername({ strategy, username: user.username }, user.username);
  return {
    user,
    admin: {
      ...user,
      username: admin,
      password: passwordIn(env, "ADMIN_PASSWORD"),
      dbname: env.ADMIN_DATABASE || "postgres",
    },
    plan: { username: user.username, strategy, memberOf: [], next, admin },
    source: "ADMIN_PASSWORD",
  };
}

function passwordIn(env: NodeJS.ProcessEnv, variable: string): string {
  const value = env[variable];
  if (!value) throw new Error(`set ${variable} in the environment`);
  return value;
}
