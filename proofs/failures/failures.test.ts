import assert from "node:assert/strict";
import { inspect } from "node:util";
import {
  CancelRotateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import type { RotationStep } from "../../emulators/secrets-manager";
import { asRotationError, type ErrorCode, remedies } from "../../rotation-fn/errors";
import { fault, pgError } from "../soak/faults";
import type { Effect, Strike } from "../world/effects";
import { sharedPostgres } from "../world/sharedPostgres";
import { type Bench, openBench, type Setting } from "./bench";

/** Codes that other files of this folder meet, with what they are about. */
const metElsewhere: readonly ErrorCode[] = [
  ...(["InvalidEvent", "InvalidEnvironment", "InvalidSecret", "InvalidSettings", "InvalidPending"] as const), // badInput
  ...(["DeniedByPolicy", "ClearTextAsked", "TooManyIterations", "LoginNotAllowed", "ConnectDenied"] as const), // runbook
  ...(["TlsUntrusted", "TlsUnsupported", "ServerNotAuthenticated", "AnswerTooLarge", "PasswordTracked"] as const), // trust
];

interface Case {
  readonly what: string;
  readonly code: ErrorCode;
  /** The step that is to fail; those before it are taken first. */
  readonly step: RotationStep;
  readonly says: RegExp;
  /** @default "single-user" */
  readonly strategy?: string;
  /** Breaks something, once the steps before are taken. */
  readonly breaks?: (setting: Setting) => Promise<unknown>;
  /** What befalls each effect of the step. */
  readonly strike?: (effect: Effect) => Strike | undefined;
  readonly timeoutSeconds?: number;
}

const onPostgres = (strike: Strike) => (effect: Effect) => (effect.at === "PostgreSQL" ? strike : undefined);
const onCall = (name: RegExp, strike: Strike) => (effect: Effect) =>
  effect.at === "Secrets Manager" && name.test(effect.name) ? strike : undefined;
const role =
  (words: string) =>
  ({ stand, subject }: Setting) =>
    stand.superuser.query(`ALTER ROLE ${subject.user} ${words}`);
const admin = "single-user with an admin";

const cases: readonly Case[] = [
  // Secrets Manager
  {
    ...{ what: "a secret that is not there", code: "SecretNotFound", step: "createSecret", says: /DescribeSecret/ },
    strike: onCall(/Describe/, fault("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")),
  },
  {
    ...{ what: "a secret that is marked for deletion", code: "SecretNotFound", step: "setSecret", says: /deletion/ },
    breaks: ({ stand, subject }) => stand.client.send(new DeleteSecretCommand({ SecretId: subject.secretId })),
  },
  {
    ...{ what: "a rotation that was cancelled", code: "RotationDisabled", step: "setSecret", says: /rotation is off/ },
    breaks: ({ stand, subject }) => stand.client.send(new CancelRotateSecretCommand({ SecretId: subject.secretId })),
  },
  {
    ...{
      what: "a version that was taken away",
      code: "UnknownVersion",
      step: "setSecret",
      says: /has lost its staging labels/,
    },
    breaks: ({ stand, subject, token }) =>
      stand.client.send(
        new UpdateSecretVersionStageCommand({
          ...{ SecretId: subject.secretId, VersionStage: "AWSPENDING", RemoveFromVersionId: token },
        }),
      ),
  },
  {
    ...{ what: "a version that lost its label", code: "VersionNotPending", step: "setSecret", says: /AWSPENDING/ },
    breaks: async ({ stand, subject, token }) => {
      const SecretId = subject.secretId;
      const { client } = stand;
      await client.send(
        new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "mine", MoveToVersionId: token }),
      );
      await client.send(
        new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "AWSPENDING", RemoveFromVersionId: token }),
      );
    },
  },
  {
    ...{
      what: "a version that lost its label just before its promotion",
      code: "VersionNotPending",
      step: "finishSecret",
      says: /AWSPENDING/,
    },
    breaks: async ({ stand, subject, token }) => {
      const SecretId = subject.secretId;
      const { client } = stand;
      await client.send(
        new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "mine", MoveToVersionId: token }),
      );
      await client.send(
        new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "AWSPENDING", RemoveFromVersionId: token }),
      );
    },
  },
  {
    ...{ what: "a value that was never stored", code: "PendingValueMissing", step: "setSecret", says: /no value/ },
    breaks: async ({ stand, subject, token }) => {
      delete stand.service.store.find(subject.secretId).versions.get(token)?.value;
    },
  },
  {
    ...{ what: "reads that go on to disagree", code: "InconsistentReads", step: "createSecret", says: /disagree/ },
    breaks: async ({ stand, subject }) => {
      const put = (SecretString: string) =>
        stand.client.send(new PutSecretValueCommand({ SecretId: subject.secretId, SecretString }));
      await put('{"second":true}');
    },
    strike: onCall(/Describe/, { kind: "fault", fault: { kind: "stale" } }),
  },
  {
    ...{ what: "an action that the role lacks", code: "AccessDenied", step: "createSecret", says: /PutSecretValue/ },
    strike: onCall(/Put/, fault("AccessDeniedException", "User is not authorized to perform: secretsmanager:Put")),
  },
  {
    ...{ what: "a key that the role may not use", code: "KeyDenied", step: "createSecret", says: /GetSecretValue/ },
    strike: onCall(/GetSecretValue/, fault("AccessDeniedException", "Access to KMS is not allowed")),
  },
  {
    ...{ what: "a value that can't be decrypted", code: "KeyDenied", step: "createSecret", says: /DecryptionFailure/ },
    strike: onCall(/GetSecretValue/, fault("DecryptionFailure", "Secrets Manager can't decrypt the protected text.")),
  },
  {
    ...{ what: "throttling that goes on", code: "Throttled", step: "createSecret", says: /Rate exceeded/ },
    strike: onCall(/Describe/, fault("ThrottlingException", "Rate exceeded")),
  },
  {
    ...{ what: "answers that go on to be lost", code: "SecretsManagerUnreachable", step: "createSecret", says: /Put/ },
    strike: onCall(/Put/, { kind: "drop" }),
  },
  {
    ...{ what: "errors 500 that go on", code: "SecretsManagerFailed", step: "createSecret", says: /went wrong/ },
    strike: onCall(/Describe/, fault("InternalServiceError", "something went wrong", 500)),
  },
  // The way to the database
  {
    ...{ what: "a connection that breaks twice", code: "DatabaseConnectionLost", step: "setSecret", says: /as app_/ },
    strike: onPostgres({ kind: "drop" }),
  },
  {
    ...{ what: "a server that starts up", code: "DatabaseStarting", step: "setSecret", says: /57P03/ },
    strike: onPostgres(pgError("57P03", "the database system is starting up")),
  },
  {
    ...{ what: "a pooler in the database's place", code: "PoolerDetected", step: "setSecret", says: /options/ },
    strike: onPostgres(pgError("08P01", "unsupported startup parameter: options")),
  },
  {
    ...{ what: "a port on which nobody listens", code: "DatabaseUnreachable", step: "setSecret", says: /ECONNREFUSED/ },
    breaks: ({ stand }) => stand.proxy.close(),
  },
  {
    ...{ what: "too many connections", code: "DatabaseFull", step: "setSecret", says: /53300.*too many/ },
    breaks: role("CONNECTION LIMIT 0"),
  },
  {
    ...{ what: "a statement that takes too long", code: "DatabaseTimeout", step: "setSecret", says: /57014/ },
    strike: (effect) => (effect.name.startsWith("DO") ? pgError("57014", "canceling statement") : undefined),
  },
  // Inside the database
  {
    ...{ what: "a password that was changed by hand", code: "LoginRefused", step: "setSecret", says: /AWSPENDING/ },
    breaks: role("PASSWORD 'changed-behind-our-back'"),
  },
  {
    ...{ what: "an admin whose password is wrong", code: "AdminLoginRefused", step: "setSecret", says: /admin secret/ },
    strategy: admin,
    breaks: ({ stand, subject }) =>
      stand.superuser.query(`ALTER ROLE admin_${subject.user} PASSWORD 'changed-behind-our-back'`),
  },
  {
    ...{
      what: "an admin that lacks the right",
      code: "PermissionDenied",
      step: "setSecret",
      says: /does not have ADMIN OPTION/,
    },
    strategy: admin,
    breaks: ({ stand, subject }) => stand.superuser.query(`REVOKE ${subject.user} FROM admin_${subject.user}`),
  },
  {
    ...{ what: "a role that is to be given and is not there", code: "RoleMissing", step: "setSecret", says: /42704/ },
    strategy: "alternating-users",
    breaks: async ({ stand, subject }) => {
      await stand.superuser.query(`DROP ROLE ${subject.user}`);
      await stand.client.send(
        new TagResourceCommand({
          SecretId: subject.secretId,
          Tags: [{ Key: "secrets-rotation:member-of", Value: "nobody_has_this_role" }],
        }),
      );
    },
  },
  {
    ...{
      what: "a user that may do more than its administrator",
      code: "RoleRefused",
      step: "setSecret",
      says: /SUPERUSER/,
    },
    strategy: admin,
    breaks: role("SUPERUSER"),
  },
  {
    ...{ what: "a user whose clone is left", code: "SecondLoginLeft", step: "setSecret", says: /_clone NOLOGIN/ },
    breaks: ({ stand, subject: { user } }) =>
      stand.superuser.query(`CREATE ROLE ${user}_clone LOGIN; GRANT ${user} TO ${user}_clone`),
  },
  {
    ...{ what: "a clone that acts for itself", code: "ActsAsAnother", step: "testSecret", says: /acts as \w+_clone/ },
    strategy: "alternating-users",
    breaks: ({ stand, subject }) => stand.superuser.query(`ALTER ROLE ${subject.user}_clone SET role = none`),
  },
  {
    ...{
      what: "a value that names another user",
      code: "TargetMismatch",
      step: "createSecret",
      says: /the user postgres/,
    },
    strategy: admin,
    breaks: async ({ stand, subject }) => {
      // As stored before the rotation began: a value that is stored now would end it.
      for (const version of stand.service.store.find(subject.secretId).versions.values()) {
        if (!version.stages.has("AWSCURRENT") || !version.value || !("SecretString" in version.value)) continue;
        const value = { ...JSON.parse(version.value.SecretString), username: "postgres" };
        version.value = { SecretString: JSON.stringify(value) };
      }
    },
  },
  {
    ...{ what: "a database that is not there", code: "DatabaseMissing", step: "setSecret", says: /3D000/ },
    strike: onPostgres(pgError("3D000", 'database "shop" does not exist')),
  },
  {
    ...{ what: "a server that takes no changes", code: "DatabaseReadOnly", step: "setSecret", says: /25006/ },
    strike: onPostgres(pgError("25006", "cannot execute ALTER ROLE in a read-only transaction")),
  },
  {
    ...{
      what: "a password that breaks the server's rules",
      code: "PasswordRejected",
      step: "setSecret",
      says: /22023/,
    },
    strike: (effect) => (effect.name.startsWith("DO") ? pgError("22023", "password is too short") : undefined),
  },
  {
    ...{ what: "anything else of PostgreSQL", code: "DatabaseFailed", step: "testSecret", says: /XX000/ },
    strike: onPostgres(pgError("XX000", "cache lookup failed")),
  },
  // Ourselves
  {
    ...{
      what: "a server that never answers",
      code: "TimeLimit",
      step: "setSecret",
      says: /shortly before Lambda's time limit/,
    },
    ...{ strike: onPostgres({ kind: "disturbance", disturbance: { kind: "stall" } }), timeoutSeconds: 2 },
  },
];

describe("a rotation that fails", () => {
  let bench: Bench | undefined;
  const met = new Set<ErrorCode>(metElsewhere);

  afterEach(async () => {
    await bench?.close();
    bench = undefined;
  });

  for (const { what, code, step, says, strategy, breaks, strike, timeoutSeconds } of cases) {
    it(`says ${code} for ${what}`, async () => {
      bench = await openBench(await sharedPostgres(), { strategy: strategy ?? "single-user", timeoutSeconds });
      const { setting, log } = bench;
      await bench.takeUpTo(step);
      await breaks?.(setting);
      setting.stand.effects.watcher = { before: async (effect) => strike?.(effect) };

      const outcome = await bench.take(step);

      assert.ok(!outcome.ok);
      assert.equal(outcome.errorType, code, outcome.errorMessage);
      assert.match(outcome.errorMessage, says);
      const logged = log.filter((line) => line.includes('"outcome":"failed"'));
      assert.equal(logged.length, 1, "it is logged once");
      assert.ok(logged[0]?.includes(JSON.stringify(remedies[code])), "the log does not say what to do");
      met.add(code);
    });
  }

  it("says InternalError for a fault of the function itself, and nothing of what it was about", () => {
    const error = asRotationError(new TypeError("cannot read 'hunter2'"));

    assert.deepEqual([error.code, error.message], ["InternalError", "unexpected TypeError"]);
    assert.ok(!inspect({ ...error }).includes("hunter2"));
    met.add("InternalError");
  });

  it("has a case for each code of the catalogue", () => {
    const missing = (Object.keys(remedies) as ErrorCode[]).filter((code) => !met.has(code));
    assert.deepEqual(missing, []);
  });
});
