import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-secrets-manager";
import { askingInClear, type RogueOptions, startRogueServer } from "../../emulators/postgres/rogueServer";
import { errorResponse, int32, typed } from "../../emulators/postgres/wire/messages";
import type { Fault, ServiceRequest } from "../../emulators/secrets-manager";
import { scramVerifier } from "../../rotation-fn/database/scramVerifier";
import type { ErrorCode } from "../../rotation-fn/errors";
import { databaseTag, settingTags } from "../../rotation-fn/secret/settings";
import type { RotatedSecret } from "../world/rotatedSecret";

/** How a failure of the catalogue comes about, and how its cause goes away. */
export interface Provocation {
  readonly code: ErrorCode;
  /** Breaks something and has the function meet it. @returns what takes the cause away again */
  readonly provoke: (secret: RotatedSecret) => Promise<() => Promise<unknown>>;
}

const nothing = async (): Promise<void> => undefined;

/** A value that is wrong, and stays so until somebody stores a right one. */
function wrongValue(value: Readonly<Record<string, unknown>> | string): Provocation["provoke"] {
  return async (secret) => {
    await secret.put(value, ["AWSCURRENT"]);
    await secret.rotate();
    return () => secret.put({}, ["AWSCURRENT"]);
  };
}

/** A server that does what real ones do at moments which a test can't wait for. */
function server(options: RogueOptions, ssl: boolean): Provocation["provoke"] {
  return async (secret) => {
    const fake = await startRogueServer(options);
    await wrongValue({ port: fake.port, ssl })(secret);
    return async () => {
      await fake.close();
      await secret.put({}, ["AWSCURRENT"]);
    };
  };
}

function answering(sqlState: string, message: string): RogueOptions {
  return { inClear: true, answer: () => [errorResponse(sqlState, message)] };
}

/** A statement of the superuser that breaks the role, and one that mends it; `$` stands for its name. */
function statement(breaks: string, mends: string): Provocation["provoke"] {
  return async ({ user, deployment: { postgres }, rotate }) => {
    await postgres.query(breaks.replaceAll("$", user));
    await rotate();
    return () => postgres.query(mends.replaceAll("$", user));
  };
}

function fault(operation: string, answer: Fault): Provocation["provoke"] {
  return async ({ deployment: { service }, rotate }) => {
    service.setHooks({ before: (request: ServiceRequest) => (request.operation === operation ? answer : undefined) });
    await rotate();
    service.setHooks();
    return nothing;
  };
}

function refusal(operation: string, type: string, message: string, status?: number): Provocation["provoke"] {
  return fault(operation, { kind: "error", type, message, ...(status !== undefined && { status }) });
}

function tag(key: string, value: string): Provocation["provoke"] {
  return async ({ arn, deployment: { client }, rotate }) => {
    await client.send(new TagResourceCommand({ SecretId: arn, Tags: [{ Key: key, Value: value }] }));
    await rotate();
    return () => client.send(new UntagResourceCommand({ SecretId: arn, TagKeys: [key] }));
  };
}

/** An administrator with these words behind CREATE ROLE; `$` stands for the rotated role's name. */
function admin(attributes: string, password: string, mends: string): Provocation["provoke"] {
  return async (secret) => {
    const { client, postgres } = secret.deployment;
    const name = `${secret.user}_admin`;
    await postgres.query(`CREATE ROLE ${name} LOGIN ${attributes} PASSWORD 'right'`);
    const { ARN = "" } = await client.send(
      new CreateSecretCommand({ Name: name, SecretString: JSON.stringify({ username: name, password }) }),
    );
    const tags = {
      [settingTags.strategy]: "single-user",
      [settingTags.adminSecretArn]: ARN,
      [settingTags.username]: secret.user,
      [settingTags.database]: databaseTag.write(postgres.host, postgres.port),
    };
    await client.send(
      new TagResourceCommand({
        SecretId: secret.arn,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
    await secret.rotate();
    return () => postgres.query(mends.replaceAll("$", secret.user));
  };
}

/** A step by hand, out of turn. */
function invoked(
  step: string,
  change: Readonly<Record<string, string>>,
  before: Provocation["provoke"] = nothingBroken,
): Provocation["provoke"] {
  return async (secret) => {
    const mend = await before(secret);
    const event = { Step: step, SecretId: secret.arn, ClientRequestToken: randomUUID(), ...change };
    await secret.deployment.lambda.invoke(event);
    return mend;
  };
}

async function nothingBroken(): Promise<() => Promise<void>> {
  return nothing;
}

export const provocations: readonly Provocation[] = [
  { code: "InvalidEvent", provoke: invoked("rotate", {}) },
  { code: "InvalidSecret", provoke: wrongValue('{"engine":"mysql","username":"app"}') },
  { code: "InvalidSettings", provoke: tag(settingTags.strategy, "three-users") },
  {
    code: "InvalidPending",
    provoke: async (secret) => {
      // Somebody has stored a value by hand before the function did.
      await secret.rotate({
        before: async ({ Step, ClientRequestToken }) => {
          if (Step === "createSecret") await secret.put({ host: "elsewhere" }, ["AWSPENDING"], ClientRequestToken);
          return false;
        },
      });
      return nothing;
    },
  },
  {
    code: "SecretNotFound",
    provoke: invoked("createSecret", {
      SecretId: "arn:aws:secretsmanager:us-east-1:000000000000:secret:no/such-AbCdEf",
    }),
  },
  {
    code: "RotationDisabled",
    provoke: invoked("createSecret", {}, async ({ arn, deployment }) => {
      await deployment.client.send(new CancelRotateSecretCommand({ SecretId: arn }));
      return nothing;
    }),
  },
  { code: "UnknownVersion", provoke: invoked("createSecret", {}) },
  {
    code: "VersionNotPending",
    provoke: async (secret) => {
      await secret.rotate({
        before: async ({ Step, ClientRequestToken: token }) => {
          if (Step === "setSecret") await secret.moveLabel("kept", token, undefined);
          if (Step === "setSecret") await secret.moveLabel("AWSPENDING", undefined, token);
          return false;
        },
      });
      return nothing;
    },
  },
  {
    code: "PendingValueMissing",
    provoke: async (secret) => {
      const token = await secret.rotate({ before: () => true });
      return invoked("setSecret", { ClientRequestToken: token })(secret);
    },
  },
  {
    code: "AccessDenied",
    provoke: refusal(
      "PutSecretValue",
      "AccessDeniedException",
      "User: arn:aws:sts::000000000000:assumed-role/dev-secrets-rotation/dev-secrets-rotation is not authorized to perform: secretsmanager:PutSecretValue because no identity-based policy allows the secretsmanager:PutSecretValue action",
    ),
  },
  {
    code: "DeniedByPolicy",
    provoke: refusal(
      "PutSecretValue",
      "AccessDeniedException",
      "User: arn:aws:sts::000000000000:assumed-role/dev-secrets-rotation/dev-secrets-rotation is not authorized to perform: secretsmanager:PutSecretValue with an explicit deny in a resource-based policy",
    ),
  },
  { code: "KeyDenied", provoke: refusal("GetSecretValue", "AccessDeniedException", "Access to KMS is not allowed") },
  { code: "Throttled", provoke: refusal("PutSecretValue", "ThrottlingException", "Rate exceeded") },
  { code: "SecretsManagerUnreachable", provoke: fault("PutSecretValue", { kind: "drop" }) },
  {
    code: "SecretsManagerFailed",
    provoke: refusal("PutSecretValue", "InternalServiceError", "An error occurred on the server side.", 500),
  },
  { code: "DatabaseUnreachable", provoke: wrongValue({ port: 1 }) },
  {
    code: "DatabaseTimeout",
    provoke: async (secret) => {
      const { postgres } = secret.deployment;
      // Another session has changed the role and not committed; the server gives the wait up, or somebody does.
      const { superuser, superuserPassword } = postgres;
      const other = await postgres.connect({ user: superuser, password: superuserPassword });
      await other.query(`BEGIN; ALTER ROLE ${secret.user} CONNECTION LIMIT 9`);
      const waiting = `FROM pg_stat_activity WHERE usename = '${secret.user}' AND wait_event_type = 'Lock'`;
      const rotated = secret.rotate();
      while ((await postgres.query(`SELECT pg_cancel_backend(pid) ${waiting}`)).rowCount === 0) await sleep(20);
      await rotated;
      return () => other.end();
    },
  },
  { code: "DatabaseConnectionLost", provoke: server({ inClear: true, answer: () => [] }, true) },
  {
    code: "DatabaseStarting",
    provoke: server(answering("57P03", "the database system is starting up"), false),
  },
  { code: "DatabaseFull", provoke: statement("ALTER ROLE $ CONNECTION LIMIT 0", "ALTER ROLE $ CONNECTION LIMIT -1") },
  { code: "TlsUntrusted", provoke: wrongValue({ host: "127.1" }) },
  { code: "TlsUnsupported", provoke: server({}, true) },
  {
    code: "PoolerDetected",
    provoke: server(answering("08P01", "unsupported startup parameter: options"), false),
  },
  { code: "ServerNotAuthenticated", provoke: server({ inClear: true, answer: () => [typed("R", int32(0))] }, false) },
  { code: "ClearTextAsked", provoke: server({ inClear: true, answer: askingInClear }, false) },
  {
    code: "TooManyIterations",
    provoke: async (secret) => {
      const { AWSCURRENT = "" } = await secret.labels();
      const verifier = await scramVerifier("unknown", undefined, 5000);
      await secret.setPassword(verifier.replace("$5000:", "$5000000:"));
      await secret.rotate();
      return async () => secret.setPassword(await secret.password(AWSCURRENT));
    },
  },
  { code: "LoginNotAllowed", provoke: statement("ALTER ROLE $ NOLOGIN", "ALTER ROLE $ LOGIN") },
  {
    code: "ConnectDenied",
    provoke: async (secret) => {
      const { postgres } = secret.deployment;
      await postgres.query("REVOKE CONNECT ON DATABASE template1 FROM PUBLIC");
      const mend = await wrongValue({ dbname: "template1" })(secret);
      await postgres.query("GRANT CONNECT ON DATABASE template1 TO PUBLIC");
      return mend;
    },
  },
  {
    code: "LoginRefused",
    provoke: async (secret) => {
      const { AWSCURRENT = "" } = await secret.labels();
      await secret.setPassword(randomUUID());
      await secret.rotate();
      return async () => secret.setPassword(await secret.password(AWSCURRENT));
    },
  },
  { code: "AdminLoginRefused", provoke: admin("SUPERUSER", "wrong", "ALTER ROLE $_admin PASSWORD 'wrong'") },
  { code: "PermissionDenied", provoke: admin("CREATEROLE", "right", "GRANT $ TO $_admin WITH ADMIN OPTION") },
  { code: "DatabaseMissing", provoke: wrongValue({ dbname: "nowhere" }) },
  {
    code: "DatabaseReadOnly",
    provoke: server(answering("25006", "cannot execute ALTER ROLE in a read-only transaction"), false),
  },
  { code: "DatabaseFailed", provoke: wrongValue({ dbname: "template0" }) },
];
