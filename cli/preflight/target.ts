import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createClient, SecretStore } from "../../rotation-fn/secret/secretStore";
import { type Credentials, parseSecretValue } from "../../rotation-fn/secret/secretValue";
import { type Strategy, settingsOf } from "../../rotation-fn/secret/settings";

/** What was asked about. */
export interface TargetOptions {
  /** Name or ARN; undefined where the database and user are given instead. */
  readonly secret: string | undefined;
  readonly host: string | undefined;
  readonly port: number;
  readonly dbname: string;
  readonly username: string | undefined;
  readonly strategy: Strategy | undefined;
  readonly admin: string | undefined;
}

/** What is looked at: the database and user of a secret, and who would change the password. */
export interface Target {
  readonly user: Credentials;
  readonly strategy: Strategy;
  /** The admin's credentials; undefined where the user changes its own password. */
  readonly admin: Credentials | undefined;
}

/**
 * Out of the secret, or out of the options and the environment.
 *
 * @throws RotationError or Error saying what is missing.
 */
export async function targetOf(
  options: TargetOptions,
  env: NodeJS.ProcessEnv,
  client: SecretsManagerClient = createClient(env),
): Promise<Target> {
  if (options.secret === undefined) return fromOptions(options, env);
  return fromSecret(new SecretStore(client, options.secret), options, env);
}

/** Strategy and admin of the options go before the secret's own: it may not be rotated yet. */
async function fromSecret(secret: SecretStore, options: TargetOptions, env: NodeJS.ProcessEnv): Promise<Target> {
  const { description, current } = await secret.describeWithCurrent();
  const user = parseSecretValue(current.text, "AWSCURRENT");
  const settings = settingsOf(description, user);
  const strategy = options.strategy ?? settings.strategy;
  if (options.admin !== undefined) {
    return { user, strategy, admin: { ...user, username: options.admin, password: passwordIn(env, "ADMIN_PASSWORD") } };
  }
  const { adminSecretArn } = settings;
  if (adminSecretArn === undefined && strategy === "alternating-users") {
    throw new Error("alternating-users needs --admin, or a secret that names its admin secret");
  }
  if (adminSecretArn === undefined) return { user, strategy, admin: undefined };
  const version = await secret.of(adminSecretArn).read("AWSCURRENT");
  const { username, password } = parseSecretValue(version?.text, "admin AWSCURRENT", user);
  return { user, strategy, admin: { ...user, username, password } };
}

function fromOptions(options: TargetOptions, env: NodeJS.ProcessEnv): Target {
  const { host = "", port, dbname, username = "", strategy = "single-user" } = options;
  const at = { host, port, dbname, ssl: true };
  if (options.admin === undefined) {
    return { user: { ...at, username, password: passwordIn(env, "PGPASSWORD") }, strategy, admin: undefined };
  }
  const admin = { ...at, username: options.admin, password: passwordIn(env, "ADMIN_PASSWORD") };
  return { user: { ...at, username, password: env.PGPASSWORD ?? "" }, strategy, admin };
}

function passwordIn(env: NodeJS.ProcessEnv, variable: string): string {
  const value = env[variable];
  if (!value) throw new Error(`set ${variable} in the environment`);
  return value;
}
