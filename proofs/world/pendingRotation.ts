import { randomBytes, randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotateSecretCommandInput,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import {
  type InvocationOutcome,
  type RotationFunctionEvent,
  type SecretsManager,
  startSecretsManager,
} from "../../emulators/secrets-manager";
import type { Step } from "../../rotation-fn/event";
import type { Log } from "../../rotation-fn/observability/log";
import { passwordRules } from "../../rotation-fn/secret/password";
import { SecretClient } from "../../rotation-fn/secret/secretClient";
import { databaseTag, type Strategy, settingTags, usernameTag } from "../../rotation-fn/secret/settings";
import { createSecret } from "../../rotation-fn/steps/createSecret";
import { finishSecret } from "../../rotation-fn/steps/finishSecret";
import type { Outcome, Rotation } from "../../rotation-fn/steps/rotation";
import { setSecret } from "../../rotation-fn/steps/setSecret";
import { testSecret } from "../../rotation-fn/steps/testSecret";
import { type FreshLogin, freshLogin } from "./sharedPostgres";
import { trust } from "./trust";

const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:rotation";
const steps = { createSecret, setSecret, testSecret, finishSecret };

type Invocation = (event: RotationFunctionEvent) => Promise<InvocationOutcome>;

/** A rotation that Secrets Manager has registered and whose steps a test takes one by one. */
export interface PendingRotation {
  readonly login: FreshLogin;
  readonly service: SecretsManager;
  readonly client: SecretsManagerClient;
  /** Of the rotation under way. */
  readonly token: string;
  readonly warnings: readonly string[];
  readonly secretId: string;
  readonly adminSecretId: string | undefined;
  take(step: Step, overrides?: Partial<Rotation>): Promise<Outcome>;
  /** All four steps. */
  takeAll(): Promise<void>;
  /** Stores a value of the test's own as the pending version. */
  putPending(secret: object | string): Promise<void>;
  /** The JSON of the version with the label, undefined if there is none with a value. */
  read(stage: string): Promise<Record<string, unknown> | undefined>;
  /** Label → id of the version that has it. */
  labels(): Record<string, string>;
  /** Whether the version with this label logs in at the database. */
  logsIn(stage: string): Promise<boolean>;
  tag(tags: Readonly<Record<string, string>>): Promise<void>;
  /** Takes all tags off. @returns what they were */
  untag(): Promise<Record<string, string>>;
  /** Ends the rotation under way, as a person would. */
  cancel(): Promise<void>;
  /** Registers the next rotation, whose token the steps then get; one that no step was taken of is dropped. */
  rotateAgain(): Promise<void>;
  /** Has the service test the configuration (`RotateImmediately: false`). @returns the steps' outcomes, or error codes */
  testRotation(): Promise<string[]>;
  close(): Promise<void>;
}

/** What a test has otherwise than usual. */
export interface Unusual {
  /** Keys of the secret's JSON that are not as they should be. */
  readonly secret?: Readonly<Record<string, unknown>>;
  /** The user, if not a fresh one. */
  readonly login?: FreshLogin;
  readonly strategy?: Strategy;
  /** JSON of the admin secret, which is made too. */
  readonly admin?: object;
  readonly memberOf?: readonly string[];
}

/** Makes a role, a secret with its password, and a rotation of it of which no step was taken yet. */
export async function pendingRotation(unusual: Unusual = {}): Promise<PendingRotation> {
  const login = unusual.login ?? (await freshLogin());
  trust(login.postgres.ca);
  const service = await startSecretsManager({
    retries: 0,
    invoke: async (_arn, event) =>
      (await onInvoke?.(event)) ?? { ok: false, errorType: "Held", errorMessage: "the test takes the steps" },
  });
  let onInvoke: Invocation | undefined;
  const client = new SecretsManagerClient({
    endpoint: service.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const name = `db/${login.user}`;
  const value = {
    engine: "postgres",
    host: login.postgres.host,
    port: login.postgres.port,
    username: login.user,
    password: login.password,
    dbname: login.database,
    ...unusual.secret,
  };
  const create = async (secretName: string, json: object, tags: Readonly<Record<string, string>> = {}) => {
    const { ARN } = await client.send(
      new CreateSecretCommand({
        Name: secretName,
        SecretString: JSON.stringify(json),
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
    return ARN ?? secretName;
  };
  const adminSecretArn = unusual.admin && (await create(`${name}/admin`, unusual.admin));
  const secretId = await create(name, value, {
    ...(unusual.strategy && { [settingTags.strategy]: unusual.strategy }),
    ...(adminSecretArn && {
      [settingTags.adminSecretArn]: adminSecretArn,
      [settingTags.username]: usernameTag.write(login.user),
      [settingTags.database]: databaseTag.write(login.postgres.host, login.postgres.port),
    }),
    ...(unusual.memberOf && { [settingTags.memberOf]: unusual.memberOf.join(" ") }),
  });
  let token = "";
  /** A version that was never set has to make way for the next rotation. */
  const drop = async (): Promise<void> => {
    const stages = service.store.find(secretId).versions.get(token)?.stages;
    if (stages?.has("AWSPENDING") && !stages.has("AWSCURRENT")) {
      await client.send(
        new UpdateSecretVersionStageCommand({
          ...{ SecretId: secretId, VersionStage: "AWSPENDING", RemoveFromVersionId: token },
        }),
      );
    }
  };
  const rotate = async (more: Partial<RotateSecretCommandInput> = {}): Promise<void> => {
    await drop();
    token = randomUUID();
    await client.send(
      new RotateSecretCommand({
        ...more,
        SecretId: secretId,
        ClientRequestToken: token,
        RotationLambdaARN: functionArn,
        RotationRules: { AutomaticallyAfterDays: 30 },
      }),
    );
    await service.rotationFinished(secretId);
  };
  await rotate();

  const warnings: string[] = [];
  const log: Log = { info: () => undefined, warn: (message) => warnings.push(message), failure: () => undefined };
  const read = async (stage: string): Promise<Record<string, unknown> | undefined> => {
    try {
      const { SecretString } = await client.send(
        new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }),
      );
      return JSON.parse(SecretString ?? "null");
    } catch {
      return undefined;
    }
  };
  const take: PendingRotation["take"] = (step, overrides) =>
    steps[step]({
      event: { step, secretId, token },
      secret: new SecretClient(client, secretId),
      rules: passwordRules({}),
      passwordForm: "verifier",
      adminDatabase: "postgres",
      log,
      remainingMs: () => 20_000,
      ...overrides,
    });
  return {
    login,
    service,
    client,
    get token() {
      return token;
    },
    rotateAgain: () => rotate(),
    async tag(tags) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      await client.send(new TagResourceCommand({ SecretId: secretId, Tags }));
    },
    async untag() {
      const { Tags = [] } = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
      const tags = Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
      await client.send(new UntagResourceCommand({ SecretId: secretId, TagKeys: Object.keys(tags) }));
      return tags;
    },
    async cancel() {
      await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretId,
          VersionStage: "AWSPENDING",
          RemoveFromVersionId: token,
        }),
      );
    },
    async testRotation() {
      const outcomes: string[] = [];
      onInvoke = async ({ Step, ClientRequestToken }) => {
        outcomes.push(
          await take(Step, { event: { step: Step, secretId, token: ClientRequestToken } }).catch(({ code }) => code),
        );
        return { ok: true };
      };
      await rotate({ RotateImmediately: false });
      onInvoke = undefined;
      return outcomes;
    },
    warnings,
    read,
    take,
    secretId,
    adminSecretId: adminSecretArn,
    async takeAll() {
      for (const step of Object.keys(steps) as Step[]) await take(step);
    },
    async putPending(secret) {
      const SecretString = typeof secret === "string" ? secret : JSON.stringify({ ...value, ...secret });
      await client.send(
        new PutSecretValueCommand({
          SecretId: secretId,
          ClientRequestToken: token,
          SecretString,
          VersionStages: ["AWSPENDING"],
        }),
      );
    },
    labels() {
      const versions = [...service.store.find(secretId).versions.values()];
      return Object.fromEntries(versions.flatMap(({ id, stages }) => [...stages].map((stage) => [stage, id])));
    },
    async logsIn(stage) {
      const secret = await read(stage);
      return (
        secret !== undefined &&
        login.postgres.canLogIn(String(secret.username), String(secret.password), login.database)
      );
    },
    async close() {
      client.destroy();
      await service.close();
    },
  };
}

export function randomPassword(): string {
  return randomBytes(16).toString("base64url");
}
