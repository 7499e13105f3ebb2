import { randomUUID } from "node:crypto";
import { CancelRotateSecretCommand, DeleteSecretCommand, RestoreSecretCommand } from "@aws-sdk/client-secrets-manager";
import { askingInClear, type RogueOptions, startRogueServer } from "../../emulators/postgres/rogueServer";
import { int32, typed } from "../../emulators/postgres/wire/messages";
import type { RotationStep } from "../../emulators/secrets-manager";
import { scramVerifier } from "../../rotation-fn/database/scramVerifier";
import type { ErrorCode } from "../../rotation-fn/errors";
import { settingTags } from "../../rotation-fn/secret/settings";
import { type Effect, type Fault, postgresError, serviceError } from "../world/effects";
import { type OpenRotation, openRotation } from "../world/harness";
import { adminOf, alternatingUsers, type Scenario, withAdmin } from "../world/scenario";
import type { StepResult } from "../world/testSecret";

/** An error of the function, and how a test brings it about. */
export interface ProvokedError {
  readonly code: ErrorCode;
  /** What is wrong, for a test's title. */
  readonly cause: string;
  /** The step that fails. The steps before it run first. */
  readonly step: RotationStep;
  /** In the error's message. */
  readonly message: RegExp;
  /** @default singleUser */
  readonly scenario?: Scenario;
  /** The function's time limit, in a process of its own: what the function does after it ends with the process. */
  readonly timeoutSeconds?: number;
  /** Keys of the step's event that differ. */
  readonly event?: Readonly<Record<string, string>>;
  /** The step before which {@link provoke} is called. @default the step that fails */
  readonly before?: RotationStep;
  /** @returns what removes the cause, if something is left of it */
  readonly provoke?: (rotation: OpenRotation) => Promise<unknown>;
  /** The fault at each effect of the step. */
  readonly fault?: (effect: Effect) => Fault | undefined;
}

/** A rotation with a step that has failed. */
export interface FailedRotation extends OpenRotation {
  readonly result: StepResult;
  /** Removes the cause of the failure. */
  repair(): Promise<void>;
}

/** Runs a rotation up to the step that fails. The caller closes the harness. */
export async function provokeError(error: ProvokedError): Promise<FailedRotation> {
  const { scenario, timeoutSeconds, step, before = step, event, provoke, fault } = error;
  const rotation = await openRotation({
    scenario,
    function: timeoutSeconds === undefined ? {} : { timeoutSeconds, ownProcess: true },
  });
  const { harness, secret } = rotation;
  await secret.runSteps("createSecret", before);
  const removeCause = await provoke?.(rotation);
  await secret.runSteps(before, step);
  harness.effects.watcher = { before: async (effect) => fault?.(effect) };
  const result = await secret.runStep(step, event);
  return {
    ...{ harness, secret, result },
    async repair() {
      harness.effects.watcher = {};
      harness.fn.kill();
      if (typeof removeCause === "function") await removeCause();
    },
  };
}

type Provoke = NonNullable<ProvokedError["provoke"]>;

const atPostgres = (fault: Fault) => (effect: Effect) => (effect.at === "PostgreSQL" ? fault : undefined);
const atStatement = (fault: Fault) => (effect: Effect) => (effect.name.startsWith("DO") ? fault : undefined);
const atCall = (name: RegExp, fault: Fault) => (effect: Effect) =>
  effect.at === "Secrets Manager" && name.test(effect.name) ? fault : undefined;

/** SQL of the superuser that breaks something, and SQL that repairs it, both with the user's name. */
function sql(breaks: (user: string) => string, repairs?: (user: string) => string): Provoke {
  return async ({ harness: { superuser }, secret: { user } }) => {
    await superuser.query(breaks(user));
    return repairs && (() => superuser.query(repairs(user)));
  };
}

/** Another password of a role, until an operator sets the old one again. */
function changePassword(roleOf: (user: string) => string, password = async () => "changed-by-hand"): Provoke {
  return async ({ harness: { superuser }, secret: { user } }) => {
    const role = roleOf(user);
    const { rows } = await superuser.query("SELECT rolpassword FROM pg_authid WHERE rolname = $1", [role]);
    await superuser.query(`ALTER ROLE ${role} PASSWORD '${await password()}'`);
    return () => superuser.query(`ALTER ROLE ${role} PASSWORD '${rows[0]?.rolpassword}'`);
  };
}

/**
 * A wrong value in AWSCURRENT, until an operator stores the right one. It is written into the emulator's state, as if it
 * had been stored before the rotation: storing it now would end the rotation.
 */
function wrongValue(
  wrong: Readonly<Record<string, unknown>> | string,
): (rotation: OpenRotation) => Promise<() => Promise<string>> {
  return async ({ secret }) => {
    const right = secret.text("AWSCURRENT") ?? "";
    const version = secret.versions.get(secret.labels().AWSCURRENT ?? "");
    if (version === undefined) throw new Error("no version is labeled AWSCURRENT");
    version.value = {
      SecretString: typeof wrong === "string" ? wrong : JSON.stringify({ ...JSON.parse(right), ...wrong }),
    };
    return () => secret.put(right);
  };
}

/** A value that names a server which is not PostgreSQL. */
function rogueServer(options: RogueOptions, ssl: boolean): Provoke {
  return async (rotation) => {
    const server = await startRogueServer(options);
    const storeRightValue = await wrongValue({ port: server.port, ssl })(rotation);
    return async () => {
      await server.close();
      await storeRightValue();
    };
  };
}

const removeLabel: Provoke = async ({ secret }) => {
  await secret.moveLabel("mine", secret.token, undefined);
  await secret.moveLabel("AWSPENDING", undefined, secret.token);
};

const internalError = serviceError("InternalServiceError", "An error occurred on the server side.", 500);
const accessDenied = (reason: string): Fault =>
  serviceError(
    "AccessDeniedException",
    `User: arn:aws:sts::000000000000:assumed-role/dev-secrets-rotation/dev-secrets-rotation is not authorized to perform: secretsmanager:PutSecretValue ${reason}`,
  );
const noPolicy = "because no identity-based policy allows the secretsmanager:PutSecretValue action";

/**
 * Each error of the function, except those that need an environment or a server of their own. The first cause of a code
 * is the one in docs/runbook.md.
 */
export const provokedErrors: readonly ProvokedError[] = [
  // The event and the secret
  {
    ...{ code: "InvalidEvent", cause: "an unknown step", step: "createSecret", message: /Step/ },
    event: { Step: "rotate" },
  },
  {
    ...{ code: "InvalidSecret", cause: "a value of another engine", step: "createSecret", message: /engine/ },
    provoke: wrongValue('{"engine":"mysql","username":"app"}'),
  },
  {
    ...{
      code: "InvalidSettings",
      cause: "an unknown strategy",
      step: "createSecret",
      message: /other than single-user/,
    },
    provoke: async ({ secret }) => {
      await secret.tag({ [settingTags.strategy]: "three-users" });
      return () => secret.untag([settingTags.strategy]);
    },
  },
  {
    ...{ code: "InvalidPending", cause: "a pending value with another host", step: "setSecret", message: /host/ },
    before: "createSecret",
    provoke: ({ secret }) => secret.put({ host: "elsewhere" }, ["AWSPENDING"], secret.token),
  },
  {
    ...{ code: "SecretNotFound", cause: "a secret that does not exist", step: "createSecret", message: /Describe/ },
    fault: atCall(
      /Describe/,
      serviceError("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
    ),
  },
  {
    ...{
      code: "SecretNotFound",
      cause: "a secret that is marked for deletion",
      step: "setSecret",
      message: /deletion/,
    },
    provoke: async ({ harness: { client }, secret: { arn: SecretId } }) => {
      await client.send(new DeleteSecretCommand({ SecretId }));
      return () => client.send(new RestoreSecretCommand({ SecretId }));
    },
  },
  {
    ...{ code: "RotationDisabled", cause: "a canceled rotation", step: "setSecret", message: /rotation is off/ },
    provoke: ({ harness, secret }) => harness.client.send(new CancelRotateSecretCommand({ SecretId: secret.arn })),
  },
  {
    ...{ code: "UnknownVersion", cause: "a version ID that does not exist", step: "createSecret", message: /version/ },
    event: { ClientRequestToken: randomUUID() },
  },
  {
    ...{
      code: "UnknownVersion",
      cause: "a version without staging labels",
      step: "setSecret",
      message: /has lost its/,
    },
    provoke: ({ secret }) => secret.dropPending(),
  },
  {
    ...{ code: "VersionNotPending", cause: "a version without AWSPENDING", step: "setSecret", message: /AWSPENDING/ },
    provoke: removeLabel,
  },
  {
    ...{ code: "VersionNotPending", cause: "a version that lost AWSPENDING just before finishSecret" },
    ...{ step: "finishSecret", message: /AWSPENDING/, provoke: removeLabel },
  },
  {
    ...{ code: "PendingValueMissing", cause: "a pending value that was never stored", step: "setSecret" },
    message: /no value/,
    provoke: async ({ secret }) => {
      delete secret.versions.get(secret.token)?.value;
    },
  },
  {
    ...{ code: "InconsistentReads", cause: "reads that keep disagreeing", step: "createSecret", message: /disagree/ },
    provoke: ({ secret }) => secret.put({ note: "second" }),
    fault: atCall(/Describe/, { kind: "service", fault: { kind: "stale" } }),
  },
  {
    ...{ code: "TargetMismatch", cause: "a value that names another user", step: "createSecret" },
    ...{ message: /the user postgres/, scenario: withAdmin, provoke: wrongValue({ username: "postgres" }) },
  },
  // Secrets Manager
  {
    ...{ code: "AccessDenied", cause: "an action that the role does not allow", step: "createSecret" },
    ...{ message: /PutSecretValue/, fault: atCall(/Put/, accessDenied(noPolicy)) },
  },
  {
    ...{ code: "DeniedByPolicy", cause: "a resource policy that denies the action", step: "createSecret" },
    message: /explicit deny/,
    fault: atCall(/Put/, accessDenied("with an explicit deny in a resource-based policy")),
  },
  {
    ...{
      code: "KeyDenied",
      cause: "a key that the role must not use",
      step: "createSecret",
      message: /GetSecretValue/,
    },
    fault: atCall(/GetSecretValue/, serviceError("AccessDeniedException", "Access to KMS is not allowed")),
  },
  {
    ...{ code: "KeyDenied", cause: "a value that cannot be decrypted", step: "createSecret" },
    message: /DecryptionFailure/,
    fault: atCall(/GetSecretValue/, serviceError("DecryptionFailure", "Secrets Manager can't decrypt the text.")),
  },
  {
    ...{ code: "Throttled", cause: "throttling that lasts", step: "createSecret", message: /Rate exceeded/ },
    fault: atCall(/Describe/, serviceError("ThrottlingException", "Rate exceeded")),
  },
  {
    ...{ code: "SecretsManagerUnreachable", cause: "answers that are lost", step: "createSecret", message: /Put/ },
    fault: atCall(/Put/, { kind: "drop" }),
  },
  {
    ...{ code: "SecretsManagerFailed", cause: "error 500 that lasts", step: "createSecret", message: /error occurred/ },
    fault: atCall(/Describe/, internalError),
  },
  // The way to the database
  {
    ...{ code: "DatabaseUnreachable", cause: "a port that nothing listens on", step: "setSecret" },
    ...{ message: /ECONNREFUSED/, before: "createSecret", provoke: wrongValue({ port: 1 }) },
  },
  {
    ...{ code: "DatabaseConnectionLost", cause: "a server that closes the connection", step: "setSecret" },
    ...{ message: /terminated unexpectedly/, before: "createSecret" },
    provoke: rogueServer({ inClear: true, answer: () => [] }, true),
  },
  {
    ...{
      code: "DatabaseConnectionLost",
      cause: "a connection that breaks twice",
      step: "setSecret",
      message: /as app_/,
    },
    fault: atPostgres({ kind: "drop" }),
  },
  {
    ...{ code: "DatabaseStarting", cause: "a server that is starting up", step: "setSecret", message: /57P03/ },
    fault: atPostgres(postgresError("57P03", "the database system is starting up")),
  },
  {
    ...{ code: "DatabaseFull", cause: "too many connections", step: "setSecret", message: /53300.*too many/ },
    provoke: sql(
      (user) => `ALTER ROLE ${user} CONNECTION LIMIT 0`,
      (user) => `ALTER ROLE ${user} CONNECTION LIMIT -1`,
    ),
  },
  {
    ...{ code: "DatabaseTimeout", cause: "a statement that takes too long", step: "setSecret", message: /57014/ },
    fault: atStatement(postgresError("57014", "canceling statement due to statement timeout")),
  },
  {
    ...{ code: "TimeLimit", cause: "a server that never answers", step: "setSecret", message: /Lambda's time limit/ },
    ...{ fault: atPostgres({ kind: "connection", fault: { kind: "stall" } }), timeoutSeconds: 4 },
  },
  {
    ...{ code: "TlsUntrusted", cause: "a certificate for another host", step: "setSecret", message: /127\.1/ },
    before: "createSecret",
    provoke: wrongValue({ host: "127.1" }),
  },
  {
    ...{ code: "TlsUnsupported", cause: "a server without TLS", step: "setSecret", message: /not support SSL/ },
    before: "createSecret",
    provoke: rogueServer({}, true),
  },
  {
    ...{ code: "PoolerDetected", cause: "a connection pooler", step: "setSecret", message: /options/ },
    fault: atPostgres(postgresError("08P01", "unsupported startup parameter: options")),
  },
  {
    ...{
      code: "ServerNotAuthenticated",
      cause: "a server that asks for no password",
      step: "setSecret",
      message: /without/,
    },
    before: "createSecret",
    provoke: rogueServer({ inClear: true, answer: () => [typed("R", int32(0))] }, false),
  },
  {
    ...{ code: "ClearTextAsked", cause: "a server that asks for the password in clear text", step: "setSecret" },
    ...{ message: /clear/, before: "createSecret" },
    provoke: rogueServer({ inClear: true, answer: askingInClear }, false),
  },
  // Inside the database
  {
    ...{ code: "LoginRefused", cause: "a password that was changed by hand", step: "setSecret", message: /AWSPENDING/ },
    provoke: changePassword((user) => user),
  },
  {
    ...{ code: "TooManyIterations", cause: "a verifier with many iterations", step: "setSecret", message: /5000000/ },
    provoke: changePassword(
      (user) => user,
      async () => (await scramVerifier("unknown", undefined, 5000)).replace("$5000:", "$5000000:"),
    ),
  },
  {
    ...{ code: "LoginNotAllowed", cause: "a role that may not log in", step: "setSecret", message: /not permitted/ },
    provoke: sql(
      (user) => `ALTER ROLE ${user} NOLOGIN`,
      (user) => `ALTER ROLE ${user} LOGIN`,
    ),
  },
  {
    ...{ code: "AdminLoginRefused", cause: "a wrong password of the administrator", step: "setSecret" },
    ...{ message: /admin secret/, scenario: withAdmin },
    provoke: changePassword(adminOf),
  },
  {
    ...{ code: "PermissionDenied", cause: "an administrator without ADMIN OPTION", step: "setSecret" },
    ...{ message: /does not have ADMIN OPTION/, scenario: withAdmin },
    provoke: sql(
      (user) => `REVOKE ${user} FROM ${adminOf(user)}`,
      (user) => `GRANT ${user} TO ${adminOf(user)} WITH ADMIN OPTION`,
    ),
  },
  {
    ...{ code: "RoleMissing", cause: "a group that does not exist", step: "setSecret", message: /42704/ },
    scenario: alternatingUsers,
    provoke: async ({ harness: { superuser }, secret }) => {
      await superuser.query(`DROP ROLE ${secret.user}`);
      await secret.tag({ [settingTags.memberOf]: "no_such_role" });
      return () => secret.untag([settingTags.memberOf]);
    },
  },
  {
    ...{ code: "RoleRefused", cause: "a user with more privileges than its administrator", step: "setSecret" },
    ...{ message: /SUPERUSER/, scenario: withAdmin },
    provoke: sql(
      (user) => `ALTER ROLE ${user} SUPERUSER`,
      (user) => `ALTER ROLE ${user} NOSUPERUSER`,
    ),
  },
  {
    ...{ code: "SecondLoginLeft", cause: "a user with a clone", step: "setSecret", message: /_clone NOLOGIN/ },
    provoke: sql(
      (user) => `CREATE ROLE ${user}_clone LOGIN; GRANT ${user} TO ${user}_clone`,
      (user) => `ALTER ROLE ${user}_clone NOLOGIN`,
    ),
  },
  {
    ...{
      code: "ActsAsAnother",
      cause: "a clone that acts as itself",
      step: "testSecret",
      message: /acts as \w+_clone/,
    },
    scenario: alternatingUsers,
    provoke: sql((user) => `ALTER ROLE ${user}_clone SET role = none`),
  },
  {
    ...{ code: "ConnectDenied", cause: "a database without the privilege CONNECT", step: "setSecret" },
    ...{ message: /template1/, before: "createSecret" },
    provoke: async (rotation) => {
      const { superuser } = rotation.harness;
      await superuser.query("REVOKE CONNECT ON DATABASE template1 FROM PUBLIC");
      const storeRightValue = await wrongValue({ dbname: "template1" })(rotation);
      return async () => {
        await superuser.query("GRANT CONNECT ON DATABASE template1 TO PUBLIC");
        await storeRightValue();
      };
    },
  },
  {
    ...{ code: "DatabaseMissing", cause: "a database that does not exist", step: "setSecret", message: /3D000/ },
    before: "createSecret",
    provoke: wrongValue({ dbname: "nowhere" }),
  },
  {
    ...{ code: "DatabaseReadOnly", cause: "a server that is read-only", step: "setSecret", message: /25006/ },
    fault: atPostgres(postgresError("25006", "cannot execute ALTER ROLE in a read-only transaction")),
  },
  {
    ...{ code: "PasswordRejected", cause: "a password that breaks the server's rules", step: "setSecret" },
    ...{ message: /22023/, fault: atStatement(postgresError("22023", "password is too short")) },
  },
  {
    ...{ code: "DatabaseFailed", cause: "any other error of PostgreSQL", step: "testSecret", message: /XX000/ },
    fault: atPostgres(postgresError("XX000", "cache lookup failed")),
  },
];
