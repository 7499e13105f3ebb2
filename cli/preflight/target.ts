import { randomBytes } from "node:crypto";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Session } from "../../rotation-fn/database/session";
import { adminCredentials } from "../../rotation-fn/database/strategies/asAdmin";
import { tryEarlierVersions } from "../../rotation-fn/database/strategies/earlierVersions";
import type { AdminPlan } from "../../rotation-fn/database/strategies/judgeRoles";
import { readEnvironment } from "../../rotation-fn/environment";
import { RotationError } from "../../rotation-fn/errors";
import { nextTarget } from "../../rotation-fn/secret/pending";
import { SecretClient, type StagingLabel } from "../../rotation-fn/secret/secretClient";
import { type Credentials, parseSecretValue, tryToParse } from "../../rotation-fn/secret/secretValue";
import { settingsOf } from "../../rotation-fn/secret/settings";
import { nextUsername } from "../../rotation-fn/secret/usernames";
import type { OpsValues } from "../options";

/** The options that select the target. */
export interface PreflightOptions extends Pick<OpsValues, "host" | "username" | "strategy" | "admin"> {
  /** Name or ARN; undefined if the options name the database and user. */
  readonly secret: string | undefined;
  readonly port: number;
  readonly dbname: string;
}

/** The database and user that are checked, and the administrator. */
export interface PreflightTarget {
  /** The user of AWSCURRENT, with the server of the next version. */
  readonly user: Credentials;
  /** The administrator's credentials; undefined if the user changes its own password. */
  readonly admin: Credentials | undefined;
  readonly plan: AdminPlan;
  /**
   * The user of the next version, if it is another login than AWSCURRENT's: with its last password, or with one that no
   * login has, which still shows how the server treats this user.
   */
  readonly next?: Credentials;
  /**
   * Logs in as the role that changes the password, with the credentials that the function tries, in the same order.
   *
   * @returns undefined if the server refuses all of them
   */
  readonly signIn: (attempt: LoginAttempt) => Promise<Session | undefined>;
}

/** Logs in. @returns undefined if the server refuses the password */
export type LoginAttempt = (credentials: Credentials, label: string) => Promise<Session | undefined>;

/**
 * Reads the target from the secret, or from the options and the environment.
 *
 * @throws RotationError, or Error that names what is missing.
 */
export async function targetOf(
  options: PreflightOptions,
  env: NodeJS.ProcessEnv,
  client: SecretsManagerClient,
): Promise<PreflightTarget> {
  if (options.secret === undefined) return fromOptions(options, env);
  return fromSecret(new SecretClient(client, options.secret), options, env);
}

/** Strategy and administrator in the options override those of the secret, which may not be rotated yet. */
async function fromSecret(
  secret: SecretClient,
  options: PreflightOptions,
  env: NodeJS.ProcessEnv,
): Promise<PreflightTarget> {
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
    return { user, admin: undefined, plan, signIn: (attempt) => signInAsUser(secret, user, attempt) };
  }
  const store = secret.of(settings.adminSecretArn);
  const adminOf = async (label: StagingLabel): Promise<Credentials | undefined> => {
    const version = await store.read(label);
    return version && adminCredentials(version.text, `admin ${label}`, target, readEnvironment(env).adminDatabase);
  };
  const admin = await adminOf("AWSCURRENT");
  if (admin === undefined) {
    throw new RotationError(
      "SecretNotFound",
      `the admin secret ${settings.adminSecretArn} does not exist, or has no value`,
    );
  }
  return {
    ...{ user, admin, plan, ...nextLogin(user, plan.next, await readPrevious(secret)) },
    async signIn(attempt) {
      const session = await attempt(admin, "the admin secret's AWSCURRENT");
      const pending = session ? undefined : await adminOf("AWSPENDING");
      return pending ? attempt(pending, "the admin secret's AWSPENDING") : session;
    },
  };
}

/** A version of the secret that is not AWSCURRENT may have the password of the database: see `changeOwnPassword`. */
async function signInAsUser(
  secret: SecretClient,
  user: Credentials,
  attempt: LoginAttempt,
): Promise<Session | undefined> {
  return (await attempt(user, "AWSCURRENT")) ?? tryEarlierVersions(secret, user, attempt);
}

async function readPrevious(secret: SecretClient): Promise<Credentials | undefined> {
  return tryToParse((await secret.read("AWSPREVIOUS"))?.text);
}

function nextLogin(user: Credentials, username: string, previous?: Credentials): Pick<PreflightTarget, "next"> {
  if (username === user.username) return {};
  const password = previous?.username === username ? previous.password : randomBytes(24).toString("hex");
  return { next: { ...user, username, password } };
}

function fromOptions(options: PreflightOptions, env: NodeJS.ProcessEnv): PreflightTarget {
  const { host = "", port, dbname, username = "" } = options;
  const at = { host, port, dbname, username, ssl: true };
  if (options.admin !== undefined) return withAdmin({ ...at, password: "" }, options, env);
  const user = { ...at, password: passwordIn(env, "PGPASSWORD") };
  const plan = { username, strategy: "single-user", memberOf: [], next: username } as const;
  return { user, admin: undefined, plan, signIn: (attempt) => attempt(user, "PGPASSWORD") };
}

function withAdmin(
  user: Credentials,
  { admin = "", strategy = "single-user" }: PreflightOptions,
  env: NodeJS.ProcessEnv,
): PreflightTarget {
  const next = nextUsername({ strategy, username: user.username }, user.username);
  const administrator = {
    ...{ ...user, username: admin },
    password: passwordIn(env, "ADMIN_PASSWORD"),
    dbname: readEnvironment(env).adminDatabase,
  };
  return {
    ...{ user, admin: administrator, ...nextLogin(user, next) },
    plan: { username: user.username, strategy, memberOf: [], next },
    signIn: (attempt) => attempt(administrator, "ADMIN_PASSWORD"),
  };
}

function passwordIn(env: NodeJS.ProcessEnv, variable: string): string {
  const value = env[variable];
  if (!value) throw new Error(`set ${variable} in the environment`);
  return value;
}
