import { randomBytes, randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-secrets-manager";
import { type Client, escapeIdentifier } from "pg";
import { functionArn } from "../../emulators/lambda/functionUnderTest";
import type { Postgres } from "../../emulators/postgres/postgres";
import type { RotationStep, SecretsManager } from "../../emulators/secrets-manager";
import { adminSecretTag } from "../../rotation-fn/secret/settings";
import { labelledLogins } from "../world/labels";
import { sharedPostgres } from "../world/sharedPostgres";
import { asSuperuser, calmSession, functionWith, run, sharedService, version } from "./world";

export const steps: readonly RotationStep[] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

export interface TargetOptions {
  readonly strategy?: "single-user" | "alternating-users";
  /** The administrator's attribute. Undefined: there is no administrator. */
  readonly admin?: "CREATEROLE" | "SUPERUSER";
  /** Whether the user owns its database. Otherwise it has nothing but its login, in `postgres`. @default true */
  readonly owner?: boolean;
  /** Where the administrator signs in. @default the function's own default; "own": the user's database */
  readonly adminDatabase?: "own";
  /** @default a name that no other target has */
  readonly user?: string;
  /** The target of another secret, whose user this one rotates too, by the same administrator. */
  readonly sameUserAs?: Target;
  /** @default the server of this process */
  readonly postgres?: Postgres;
  readonly environment?: Readonly<Record<string, string>>;
  /** Keys of the secret's value that are not as they should be. */
  readonly value?: Readonly<Record<string, unknown>>;
  /** Tags that are not as they should be; undefined: there is no such tag. */
  readonly tags?: Readonly<Record<string, string | undefined>>;
  /** Keys of the admin secret beside `username` and `password`. */
  readonly adminValue?: Readonly<Record<string, unknown>>;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface Answer {
  readonly ok: boolean;
  /** The step that failed, the code of its error, and what it says. */
  readonly step?: RotationStep;
  readonly errorType?: string | undefined;
  readonly errorMessage?: string | undefined;
}

/** A rotated user, its administrator, and two bystanders that the administrator manages too. */
export interface Target {
  readonly postgres: Postgres;
  /** In the name of everything that belongs to this target. */
  readonly id: string;
  readonly user: string;
  readonly clone: string;
  readonly database: string;
  /** Another login, whose password the administrator may set. */
  readonly victim: string;
  readonly victimPassword: string;
  /** A group, whose members the administrator may choose. */
  readonly strong: string;
  readonly admin: Login;
  readonly secretId: string;
  readonly adminSecretId: string;
  /** What the function wrote of this secret. */
  log(): readonly string[];
  /** Runs SQL as the superuser. */
  sql(text: string, database?: string): Promise<Record<string, unknown>[]>;
  /** Runs SQL as the user or its clone, with the password that is current. */
  as(username: string, text: string, database?: string): Promise<Record<string, unknown>[]>;
  /** Opens a session of the user or its clone. The caller ends it. */
  connect(username: string, database?: string): Promise<Client>;
  /** Registers a rotation, if none is under way. */
  register(): Promise<void>;
  /** Takes a step of the rotation that is registered. */
  take(step: RotationStep): Promise<Answer>;
  /** Takes all steps, up to the first that fails. A rotation that failed before is tried again. */
  rotate(): Promise<Answer>;
  /** Stores a value with the label, with these keys in place of those of AWSCURRENT. */
  put(changed: Readonly<Record<string, unknown>>, label?: "AWSCURRENT" | "AWSPENDING"): Promise<void>;
  /** Stores other credentials in the admin secret. */
  putAdmin(login: Login): Promise<void>;
  /** Tags the secret, by a name without its prefix. */
  tag(name: string, value: string): Promise<void>;
  /** Takes tags off the secret, named without their prefix. */
  untag(names: readonly string[]): Promise<void>;
  /** Credentials of the version with the label. */
  login(label: "AWSCURRENT" | "AWSPREVIOUS" | "AWSPENDING"): Login | undefined;
  /** Which of its labels log in. */
  logsIn(label: "AWSCURRENT" | "AWSPREVIOUS" | "AWSPENDING"): Promise<boolean>;
}

export async function target(options: TargetOptions = {}): Promise<Target> {
  const { strategy = "single-user", owner = true } = options;
  const postgres = options.postgres ?? (await sharedPostgres());
  const { service, client } = await sharedService();
  const id = randomBytes(5).toString("hex");
  const same = options.sameUserAs;
  const user = same?.user ?? options.user ?? `app_${id}`;
  const database = owner && !same ? `db_${id}` : "postgres";
  const [victim, strong] = [`victim_${id}`, `strong_${id}`];
  const victimPassword = password();
  const admin = same?.admin ?? { username: `adm_${id}`, password: password() };
  const first = same?.login("AWSCURRENT") ?? { username: user, password: password() };

  if (!same) {
    const options16 =
      (await version(postgres)) >= 160000 ? "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE" : "WITH ADMIN OPTION";
    await asSuperuser(
      postgres,
      `
    CREATE ROLE ${escapeIdentifier(user)} LOGIN PASSWORD '${first.password}';
    CREATE ROLE ${victim} LOGIN PASSWORD '${victimPassword}';
    CREATE ROLE ${strong};
    CREATE ROLE ${admin.username} LOGIN ${options.admin ?? ""} PASSWORD '${admin.password}';
    ${options.admin === undefined ? "" : `GRANT ${escapeIdentifier(user)}, ${victim}, ${strong} TO ${admin.username} ${options16};`}`,
    );
    if (owner) await asSuperuser(postgres, `CREATE DATABASE ${database} OWNER ${escapeIdentifier(user)}`);
  }

  const create = async (name: string, value: object, tags: Readonly<Record<string, string | undefined>>) => {
    const Tags = Object.entries(tags).flatMap(([Key, Value]) => (Value === undefined ? [] : [{ Key, Value }]));
    const { ARN = "" } = await client.send(
      new CreateSecretCommand({ Name: `${name}/${id}`, SecretString: JSON.stringify(value), Tags }),
    );
    return ARN;
  };
  const at = { host: postgres.host, port: postgres.port };
  const adminSecretId = await create("admin", { ...admin, ...options.adminValue }, {});
  const managed = options.admin !== undefined;
  const secretId = await create(
    "db",
    { engine: "postgres", ...at, dbname: database, username: user, password: first.password, ...options.value },
    {
      "secrets-rotation:strategy": strategy,
      "secrets-rotation:username": usernameTag(user),
      "secrets-rotation:database": `${at.host}:${at.port}`,
      ...(managed && { "secrets-rotation:admin-secret": adminSecretTag.write(adminSecretId) }),
      ...options.tags,
    },
  );
  const { underTest, lines } = functionWith(postgres.ca, {
    SECRETS_MANAGER_ENDPOINT: service.endpoint,
    ...(options.adminDatabase === "own" && { ADMIN_DATABASE: database }),
    ...options.environment,
  });

  let token: string | undefined;
  const made: Target = {
    ...{
      postgres,
      id,
      user,
      clone: `${user}_clone`,
      database,
      victim,
      victimPassword,
      strong,
      admin,
      secretId,
      adminSecretId,
    },
    log: () => lines.filter((line) => line.includes(secretId)),
    async sql(text, name = database) {
      if (name === "postgres") return asSuperuser(postgres, text);
      const { superuser, superuserPassword } = postgres;
      return run(await calmSession(postgres, superuser, superuserPassword, name), text);
    },
    as: async (username, text, name) => run(await made.connect(username, name), text),
    connect(username, name = database) {
      const labels = ["AWSCURRENT", "AWSPREVIOUS"] as const;
      const login = labels.map((label) => made.login(label)).find((found) => found?.username === username);
      if (login === undefined) throw new Error(`no version of the secret has a password of ${username}`);
      return postgres.connect({ user: username, password: login.password, database: name });
    },
    async register() {
      if (token !== undefined) return;
      token = randomUUID();
      await client.send(
        new RotateSecretCommand({
          ...{ SecretId: secretId, ClientRequestToken: token, RotationLambdaARN: functionArn },
          RotationRules: { AutomaticallyAfterDays: 30 },
        }),
      );
      await service.rotationFinished(secretId);
    },
    async take(step) {
      const event = { Step: step, SecretId: secretId, ClientRequestToken: token };
      const { ok, errorType, errorMessage }: Answer = await underTest.invoke(event);
      if (ok && step === "finishSecret") token = undefined;
      return ok ? { ok } : { ok, step, errorType, errorMessage };
    },
    async rotate() {
      await made.register();
      for (const step of steps) {
        const answer = await made.take(step);
        if (!answer.ok) return answer;
      }
      return { ok: true };
    },
    async put(changed, label = "AWSCURRENT") {
      const stored = stringOf(service, secretId, "AWSCURRENT");
      await client.send(
        new PutSecretValueCommand({
          ...{ SecretId: secretId, SecretString: JSON.stringify({ ...JSON.parse(stored), ...changed }) },
          ...{ ClientRequestToken: label === "AWSPENDING" ? token : randomUUID(), VersionStages: [label] },
        }),
      );
    },
    async putAdmin(login) {
      await client.send(new PutSecretValueCommand({ SecretId: adminSecretId, SecretString: JSON.stringify(login) }));
    },
    async tag(tagName, value) {
      const Tags = [{ Key: `secrets-rotation:${tagName}`, Value: value }];
      await client.send(new TagResourceCommand({ SecretId: secretId, Tags }));
    },
    async untag(names) {
      const TagKeys = names.map((name) => `secrets-rotation:${name}`);
      await client.send(new UntagResourceCommand({ SecretId: secretId, TagKeys }));
    },
    login: (label) => labelledLogins(service, secretId).find(({ stage }) => stage === label),
    async logsIn(label) {
      const login = made.login(label);
      if (login === undefined) return false;
      try {
        await (await calmSession(postgres, login.username, login.password, database)).end();
        return true;
      } catch (error) {
        if ((error as { code?: string }).code === "28P01") return false;
        throw error;
      }
    },
  };
  return made;
}

/** A role's name in the form in which a tag can hold it. */
export function usernameTag(name: string): string {
  return /^(?!\p{Z})[\p{L}\p{Z}\p{N}_.:/=+\-@]*(?<!\p{Z})$/u.test(name) && !name.startsWith("base64:")
    ? name
    : `base64:${Buffer.from(name).toString("base64")}`;
}

/** For the title of a test of each way to rotate with an administrator. */
export const managed = [
  { strategy: "single-user", admin: "CREATEROLE" },
  { strategy: "single-user", admin: "SUPERUSER" },
  { strategy: "alternating-users", admin: "CREATEROLE" },
  { strategy: "alternating-users", admin: "SUPERUSER" },
] as const satisfies readonly TargetOptions[];

export function password(): string {
  return randomBytes(18).toString("base64url");
}

export function titleOf({ strategy, admin }: TargetOptions): string {
  return `${strategy ?? "single-user"}${admin ? ` with a ${admin} administrator` : ""}`;
}

function stringOf(service: SecretsManager, secretId: string, label: string): string {
  for (const { stages, value } of service.store.find(secretId).versions.values()) {
    if (stages.has(label) && value !== undefined && "SecretString" in value) return value.SecretString ?? "";
  }
  throw new Error(`no version has ${label}`);
}
