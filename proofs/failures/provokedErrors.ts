import { randomUUID } from "node:crypto";
import { CancelRotateSecretCommand, DeleteSecretCommand, RestoreSecretCommand } from "@aws-sdk/client-secrets-manager";
import { askForClearText, type RogueOptions, startRogueServer } from "../../emulators/postgres/rogueServer";
import { int32, typed } from "../../emulators/postgres/wire/messages";
import { scramVerifier } from "../../rotation-fn/database/scramVerifier";
import { settingTags } from "../../rotation-fn/secret/settings";
import { type Effect, type Fault, postgresError, serviceError } from "../world/effects";
import type { OpenRotation } from "../world/harness";
import { adminOf, alternatingUsers, withAdmin } from "../world/scenario";
import { type Provoke, type ProvokedError, provoked } from "./provoke";

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

/** Sets another password of a role. An operator then restores the old one. */
function changePassword(roleOf: (user: string) => string, password = async () => "changed-by-hand"): Provoke {
  return async ({ harness: { superuser }, secret: { user } }) => {
    const role = roleOf(user);
    const { rows } = await superuser.query("SELECT rolpassword FROM pg_authid WHERE rolname = $1", [role]);
    await superuser.query(`ALTER ROLE ${role} PASSWORD '${await password()}'`);
    return () => superuser.query(`ALTER ROLE ${role} PASSWORD '${rows[0]?.rolpassword}'`);
  };
}

/**
 * Writes a wrong value of AWSCURRENT into the emulator's state, as if it had been stored before the rotation. A call
 * would end the rotation. An operator then stores the right value.
 */
function storeWrongValue(
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

/** Stores a value that names a rogue server. */
function rogueServer(options: RogueOptions, ssl: boolean): Provoke {
  return async (rotation) => {
    const server = await startRogueServer(options);
    const storeRightValue = await storeWrongValue({ port: server.port, ssl })(rotation);
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
  provoked("InvalidEvent", "an unknown step", "createSecret", /Step/, { event: { Step: "rotate" } }),
  provoked("InvalidSecret", "a value of another engine", "createSecret", /engine/, {
    provoke: storeWrongValue('{"engine":"mysql","username":"app"}'),
  }),
  provoked("InvalidSettings", "an unknown strategy", "createSecret", /other than single-user/, {
    provoke: async ({ secret }) => {
      await secret.tag({ [settingTags.strategy]: "three-users" });
      return () => secret.untag([settingTags.strategy]);
    },
  }),
  provoked("InvalidPending", "a pending value with another host", "setSecret", /host/, {
    before: "createSecret",
    provoke: ({ secret }) => secret.put({ host: "elsewhere" }, ["AWSPENDING"], secret.token),
  }),
  provoked("SecretNotFound", "a secret that does not exist", "createSecret", /Describe/, {
    fault: atCall(
      /Describe/,
      serviceError("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
    ),
  }),
  provoked("SecretNotFound", "a secret that is marked for deletion", "setSecret", /deletion/, {
    provoke: async ({ harness: { client }, secret: { arn: SecretId } }) => {
      await client.send(new DeleteSecretCommand({ SecretId }));
      return () => client.send(new RestoreSecretCommand({ SecretId }));
    },
  }),
  provoked("RotationDisabled", "a canceled rotation", "setSecret", /rotation is off/, {
    provoke: ({ harness, secret }) => harness.client.send(new CancelRotateSecretCommand({ SecretId: secret.arn })),
  }),
  provoked("UnknownVersion", "a version ID that does not exist", "createSecret", /version/, {
    event: { ClientRequestToken: randomUUID() },
  }),
  provoked("UnknownVersion", "a version without staging labels", "setSecret", /has lost its/, {
    provoke: ({ secret }) => secret.dropPending(),
  }),
  provoked("VersionNotPending", "a version without AWSPENDING", "setSecret", /AWSPENDING/, { provoke: removeLabel }),
  provoked(
    "VersionNotPending",
    "a version that lost AWSPENDING just before finishSecret",
    "finishSecret",
    /AWSPENDING/,
    { provoke: removeLabel },
  ),
  provoked("PendingValueMissing", "a pending value that was never stored", "setSecret", /no value/, {
    provoke: async ({ secret }) => {
      delete secret.versions.get(secret.token)?.value;
    },
  }),
  provoked("InconsistentReads", "reads that keep disagreeing", "createSecret", /disagree/, {
    provoke: ({ secret }) => secret.put({ note: "second" }),
    fault: atCall(/Describe/, { kind: "service", fault: { kind: "stale" } }),
  }),
  provoked("TargetMismatch", "a value that names another user", "createSecret", /the user postgres/, {
    scenario: withAdmin,
    provoke: storeWrongValue({ username: "postgres" }),
  }),
  // Secrets Manager
  provoked("AccessDenied", "an action that the role does not allow", "createSecret", /PutSecretValue/, {
    fault: atCall(/Put/, accessDenied(noPolicy)),
  }),
  provoked("DeniedByPolicy", "a resource policy that denies the action", "createSecret", /explicit deny/, {
    fault: atCall(/Put/, accessDenied("with an explicit deny in a resource-based policy")),
  }),
  provoked("KeyDenied", "a key that the role must not use", "createSecret", /GetSecretValue/, {
    fault: atCall(/GetSecretValue/, serviceError("AccessDeniedException", "Access to KMS is not allowed")),
  }),
  provoked("KeyDenied", "a value that cannot be decrypted", "createSecret", /DecryptionFailure/, {
    fault: atCall(/GetSecretValue/, serviceError("DecryptionFailure", "Secrets Manager can't decrypt the text.")),
  }),
  provoked("Throttled", "throttling that lasts", "createSecret", /Rate exceeded/, {
    fault: atCall(/Describe/, serviceError("ThrottlingException", "Rate exceeded")),
  }),
  provoked("SecretsManagerUnreachable", "answers that are lost", "createSecret", /Put/, {
    fault: atCall(/Put/, { kind: "drop" }),
  }),
  provoked("SecretsManagerFailed", "error 500 that lasts", "createSecret", /error occurred/, {
    fault: atCall(/Describe/, internalError),
  }),
  // The way to the database
  provoked("DatabaseUnreachable", "a port that nothing listens on", "setSecret", /ECONNREFUSED/, {
    before: "createSecret",
    provoke: storeWrongValue({ port: 1 }),
  }),
  provoked("DatabaseConnectionLost", "a server that closes the connection", "setSecret", /terminated unexpectedly/, {
    before: "createSecret",
    provoke: rogueServer({ inClear: true, answer: () => [] }, true),
  }),
  provoked("DatabaseConnectionLost", "a connection that breaks twice", "setSecret", /as app_/, {
    fault: atPostgres({ kind: "drop" }),
  }),
  provoked("DatabaseStarting", "a server that is starting up", "setSecret", /57P03/, {
    fault: atPostgres(postgresError("57P03", "the database system is starting up")),
  }),
  provoked("DatabaseFull", "too many connections", "setSecret", /53300.*too many/, {
    provoke: sql(
      (user) => `ALTER ROLE ${user} CONNECTION LIMIT 0`,
      (user) => `ALTER ROLE ${user} CONNECTION LIMIT -1`,
    ),
  }),
  provoked("DatabaseTimeout", "a statement that takes too long", "setSecret", /57014/, {
    fault: atStatement(postgresError("57014", "canceling statement due to statement timeout")),
  }),
  provoked("TimeLimit", "a server that never answers", "setSecret", /Lambda's time limit/, {
    fault: atPostgres({ kind: "connection", fault: { kind: "stall" } }),
    timeoutSeconds: 4,
  }),
  provoked("TlsUntrusted", "a certificate for another host", "setSecret", /0\.0\.0\.0/, {
    before: "createSecret",
    provoke: storeWrongValue({ host: "0.0.0.0" }),
  }),
  provoked("TlsUnsupported", "a server without TLS", "setSecret", /not support SSL/, {
    before: "createSecret",
    provoke: rogueServer({}, true),
  }),
  provoked("PoolerDetected", "a connection pooler", "setSecret", /options/, {
    fault: atPostgres(postgresError("08P01", "unsupported startup parameter: options")),
  }),
  provoked("ServerNotAuthenticated", "a server that asks for no password", "setSecret", /without/, {
    before: "createSecret",
    provoke: rogueServer({ inClear: true, answer: () => [typed("R", int32(0))] }, false),
  }),
  provoked("ClearTextAsked", "a server that asks for the password in clear text", "setSecret", /clear/, {
    before: "createSecret",
    provoke: rogueServer({ inClear: true, answer: askForClearText }, false),
  }),
  // Inside the database
  provoked("LoginRefused", "a password that was changed by hand", "setSecret", /AWSPENDING/, {
    provoke: changePassword((user) => user),
  }),
  provoked("TooManyIterations", "a verifier with many iterations", "setSecret", /5000000/, {
    provoke: changePassword(
      (user) => user,
      async () => (await scramVerifier("unknown", undefined, 5000)).replace("$5000:", "$5000000:"),
    ),
  }),
  provoked("LoginNotAllowed", "a role that may not log in", "setSecret", /not permitted/, {
    provoke: sql(
      (user) => `ALTER ROLE ${user} NOLOGIN`,
      (user) => `ALTER ROLE ${user} LOGIN`,
    ),
  }),
  provoked("AdminLoginRefused", "a wrong password of the administrator", "setSecret", /admin secret/, {
    scenario: withAdmin,
    provoke: changePassword(adminOf),
  }),
  provoked("PermissionDenied", "an administrator without ADMIN OPTION", "setSecret", /does not have ADMIN OPTION/, {
    scenario: withAdmin,
    provoke: sql(
      (user) => `REVOKE ${user} FROM ${adminOf(user)}`,
      (user) => `GRANT ${user} TO ${adminOf(user)} WITH ADMIN OPTION`,
    ),
  }),
  provoked("RoleMissing", "a group that does not exist", "setSecret", /42704/, {
    scenario: alternatingUsers,
    provoke: async ({ harness: { superuser }, secret }) => {
      await superuser.query(`DROP ROLE ${secret.user}`);
      await secret.tag({ [settingTags.memberOf]: "no_such_role" });
      return () => secret.untag([settingTags.memberOf]);
    },
  }),
  provoked("RoleRefused", "a user with more privileges than its administrator", "setSecret", /SUPERUSER/, {
    scenario: withAdmin,
    provoke: sql(
      (user) => `ALTER ROLE ${user} SUPERUSER`,
      (user) => `ALTER ROLE ${user} NOSUPERUSER`,
    ),
  }),
  provoked("SecondLoginLeft", "a user with a clone", "setSecret", /_clone NOLOGIN/, {
    provoke: sql(
      (user) => `CREATE ROLE ${user}_clone LOGIN; GRANT ${user} TO ${user}_clone`,
      (user) => `ALTER ROLE ${user}_clone NOLOGIN`,
    ),
  }),
  provoked("ActsAsAnother", "a clone that acts as itself", "testSecret", /acts as \w+_clone/, {
    scenario: alternatingUsers,
    provoke: sql((user) => `ALTER ROLE ${user}_clone SET role = none`),
  }),
  provoked("ConnectDenied", "a database without the privilege CONNECT", "setSecret", /template1/, {
    before: "createSecret",
    provoke: async (rotation) => {
      const { superuser } = rotation.harness;
      await superuser.query("REVOKE CONNECT ON DATABASE template1 FROM PUBLIC");
      const storeRightValue = await storeWrongValue({ dbname: "template1" })(rotation);
      return async () => {
        await superuser.query("GRANT CONNECT ON DATABASE template1 TO PUBLIC");
        await storeRightValue();
      };
    },
  }),
  provoked("DatabaseMissing", "a database that does not exist", "setSecret", /3D000/, {
    before: "createSecret",
    provoke: storeWrongValue({ dbname: "nowhere" }),
  }),
  provoked("DatabaseReadOnly", "a server that is read-only", "setSecret", /25006/, {
    fault: atPostgres(postgresError("25006", "cannot execute ALTER ROLE in a read-only transaction")),
  }),
  provoked("PasswordRejected", "a password that breaks the server's rules", "setSecret", /22023/, {
    fault: atStatement(postgresError("22023", "password is too short")),
  }),
  provoked("DatabaseFailed", "any other error of PostgreSQL", "testSecret", /XX000/, {
    fault: atPostgres(postgresError("XX000", "cache lookup failed")),
  }),
];
