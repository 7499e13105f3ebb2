import { randomBytes } from "node:crypto";
import { type Client, escapeIdentifier } from "pg";
import { type Postgres, queryAndEnd } from "../../emulators/postgres/postgres";
import type { RotationStep } from "../../emulators/secrets-manager";
import { steps } from "../../rotation-fn/event";
import { adminSecretTag, databaseTag, settingTags, usernameTag } from "../../rotation-fn/secret/settings";
import { randomPassword, sharedPostgres } from "../world/sharedPostgres";
import type { StoredLogin, TestSecret } from "../world/testSecret";
import { adminGrantOptions, asSuperuser, functionWith, sessionWithDefaults, sharedWorld } from "./world";

export interface AttackTargetOptions {
  readonly strategy?: "single-user" | "alternating-users";
  /** The administrator's attribute. @default there is no administrator */
  readonly admin?: "CREATEROLE" | "SUPERUSER";
  /** Whether the user owns a database. Otherwise it uses `postgres`, without privileges. @default true */
  readonly owner?: boolean;
  /** "own": the administrator logs in to the user's database. @default the function's default */
  readonly adminDatabase?: "own";
  /** @default a name that no other target has */
  readonly user?: string;
  /** A target with the same user and administrator, but another secret. */
  readonly sameUserAs?: { readonly user: string; readonly admin: StoredLogin; readonly secret: TestSecret };
  /** @default the server of this process */
  readonly postgres?: Postgres;
  readonly environment?: Readonly<Record<string, string>>;
  /** Keys of the secret's value that differ. */
  readonly value?: Readonly<Record<string, unknown>>;
  /** Tags that differ. Undefined removes a tag. */
  readonly tags?: Readonly<Record<string, string | undefined>>;
  /** Keys of the admin secret beside `username` and `password`. */
  readonly adminValue?: Readonly<Record<string, unknown>>;
}

/** The result of a step or a rotation. After a failure: the step, the code of its error, and its message. */
export interface RotationResult {
  readonly ok: boolean;
  readonly step?: RotationStep;
  readonly errorType?: string;
  readonly errorMessage?: string;
}

export type AttackTarget = Awaited<ReturnType<typeof target>>;

/** Creates a secret with its user, an administrator, and two other roles that the administrator manages too. */
export async function target(options: AttackTargetOptions = {}) {
  const { strategy = "single-user", owner = true, sameUserAs: other } = options;
  const postgres = options.postgres ?? (await sharedPostgres());
  const world = await sharedWorld();
  const id = randomBytes(5).toString("hex");
  const user = other?.user ?? options.user ?? `app_${id}`;
  const database = owner && !other ? `db_${id}` : "postgres";
  const [victim, group] = [`victim_${id}`, `group_${id}`];
  const victimPassword = randomPassword();
  const admin = other?.admin ?? { username: `adm_${id}`, password: randomPassword() };
  const password = other?.secret.credentials("AWSCURRENT")?.password ?? randomPassword();

  if (!other) {
    await asSuperuser(
      postgres,
      `
    CREATE ROLE ${escapeIdentifier(user)} LOGIN PASSWORD '${password}';
    CREATE ROLE ${victim} LOGIN PASSWORD '${victimPassword}';
    CREATE ROLE ${group};
    CREATE ROLE ${admin.username} LOGIN ${options.admin ?? ""} PASSWORD '${admin.password}';
    ${options.admin === undefined ? "" : `GRANT ${escapeIdentifier(user)}, ${victim}, ${group} TO ${admin.username} ${await adminGrantOptions(postgres)};`}`,
    );
    if (owner) await asSuperuser(postgres, `CREATE DATABASE ${database} OWNER ${escapeIdentifier(user)}`);
  }

  const { host, port } = postgres;
  const adminValue = JSON.stringify({ ...admin, ...options.adminValue });
  const adminSecret = await world.addSecret({ name: `admin/${id}`, value: adminValue });
  const secret = await world.addSecret({
    name: `db/${id}`,
    value: { host, port, dbname: database, username: user, password, ...options.value },
    tags: {
      [settingTags.strategy]: strategy,
      [settingTags.username]: usernameTag.write(user),
      [settingTags.database]: databaseTag.write(host, port),
      ...(options.admin !== undefined && { [settingTags.adminSecretArn]: adminSecretTag.write(adminSecret.arn) }),
      ...options.tags,
    },
    fn: functionWith(world, postgres.ca, {
      ...(options.adminDatabase === "own" && { ADMIN_DATABASE: database }),
      ...options.environment,
    }),
  });

  async function connect(username: string, name = database): Promise<Client> {
    const logins = ["AWSCURRENT", "AWSPREVIOUS"].map((label) => secret.credentials(label));
    const login = logins.find((found) => found?.username === username);
    if (login === undefined) throw new Error(`no version of the secret has a password of ${username}`);
    return postgres.connect({ user: username, password: login.password, database: name });
  }

  let registered = false;
  async function register(): Promise<void> {
    if (!registered) await secret.register();
    registered = true;
  }

  async function runStep(step: RotationStep): Promise<RotationResult> {
    const result = await secret.runStep(step);
    if (!result.ok) return { ok: false, step, errorType: result.errorType, errorMessage: result.errorMessage };
    if (step === "finishSecret") registered = false;
    return { ok: true };
  }

  return {
    ...{ postgres, user, clone: `${user}_clone`, database, admin, secret, adminSecret },
    /** In the name of each role and database of this target. */
    id,
    /** Another login, whose password the administrator may set. */
    ...{ victim, victimPassword },
    /** A group, whose members the administrator may choose. */
    group,
    /** The lines of the function's log that name this secret. */
    log: () => world.log.filter((line) => line.includes(secret.arn)),
    /** Runs SQL as the superuser. */
    sql: (text: string, name = database) => asSuperuser(postgres, text, name),
    /** Runs SQL as the user or its clone, with the password in AWSCURRENT or AWSPREVIOUS. */
    async as(username: string, text: string, name?: string): Promise<Record<string, unknown>[]> {
      return (await queryAndEnd(await connect(username, name), text)).rows;
    },
    /** Opens a session of the user or its clone. The caller ends it. */
    connect,
    /** Registers a rotation, unless one is in progress. */
    register,
    runStep,
    /** Runs the steps up to the first that fails. A rotation that failed before is retried. */
    async rotate(): Promise<RotationResult> {
      await register();
      for (const step of steps) {
        const result = await runStep(step);
        if (!result.ok) return result;
      }
      return { ok: true };
    },
    /** Whether the version with the staging label logs in. */
    async logsIn(label: "AWSCURRENT" | "AWSPREVIOUS" | "AWSPENDING"): Promise<boolean> {
      const login = secret.credentials(label);
      if (login === undefined) return false;
      try {
        await (await sessionWithDefaults(postgres, login.username, login.password, database)).end();
        return true;
      } catch (error) {
        if ((error as { code?: string }).code === "28P01") return false;
        throw error;
      }
    },
  };
}

const single = { strategy: "single-user", admin: "CREATEROLE" } as const;
const singleBySuperuser = { strategy: "single-user", admin: "SUPERUSER" } as const;
const alternating = { strategy: "alternating-users", admin: "CREATEROLE" } as const;
const alternatingBySuperuser = { strategy: "alternating-users", admin: "SUPERUSER" } as const;

/** Each way to rotate with an administrator. */
export const withAdministrator = { single, singleBySuperuser, alternating, alternatingBySuperuser };
export type AdministratorOptions = (typeof withAdministrator)[keyof typeof withAdministrator];
/** Both strategies and both kinds of administrator. */
export const bothStrategies = [singleBySuperuser, alternating] as const;

export function titleOf({ strategy, admin }: AttackTargetOptions): string {
  return `${strategy ?? "single-user"}${admin ? ` with a ${admin} administrator` : ""}`;
}
