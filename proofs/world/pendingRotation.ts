import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { RotationStep, SecretsManager } from "../../emulators/secrets-manager";
import type { Log } from "../../rotation-fn/observability/log";
import { passwordRules } from "../../rotation-fn/secret/password";
import { SecretClient } from "../../rotation-fn/secret/secretClient";
import type { Strategy } from "../../rotation-fn/secret/settings";
import { createSecret } from "../../rotation-fn/steps/createSecret";
import { finishSecret } from "../../rotation-fn/steps/finishSecret";
import type { Outcome, Rotation } from "../../rotation-fn/steps/rotation";
import { setSecret } from "../../rotation-fn/steps/setSecret";
import { testSecret } from "../../rotation-fn/steps/testSecret";
import { tagsOf } from "./scenario";
import { type FreshLogin, freshLogin } from "./sharedPostgres";
import { rotationSteps } from "./testSecret";
import { startWorld } from "./world";

const steps = { createSecret, setSecret, testSecret, finishSecret };

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
  take(step: RotationStep, overrides?: Partial<Rotation>): Promise<Outcome>;
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

/** Makes a role, a secret with its password, and a rotation of it of which no step was run yet. */
export async function pendingRotation(unusual: Unusual = {}): Promise<PendingRotation> {
  const login = unusual.login ?? (await freshLogin());
  const { postgres, user: username, password, database: dbname } = login;
  const world = await startWorld({ postgres });
  const name = `db/${username}`;
  const admin =
    unusual.admin && (await world.addSecret({ name: `${name}/admin`, value: JSON.stringify(unusual.admin) }));
  const first = { engine: "postgres", host: postgres.host, port: postgres.port, username, password, dbname };
  const value = { ...first, ...unusual.secret };
  const tags = tagsOf({ ...unusual, username, adminSecretArn: admin?.arn, port: postgres.port });
  const secret = await world.addSecret({ name, value, tags });
  await secret.register();

  const warnings: string[] = [];
  const log: Log = { info: () => undefined, warn: (message) => warnings.push(message), failure: () => undefined };
  const take: PendingRotation["take"] = (step, overrides) =>
    steps[step]({
      event: { step, secretId: secret.arn, token: secret.token },
      secret: new SecretClient(world.client, secret.arn),
      rules: passwordRules({}),
      passwordForm: "verifier",
      adminDatabase: "postgres",
      log,
      remainingMs: () => 20_000,
      ...overrides,
    });
  return {
    ...{ login, warnings, take, service: world.service, client: world.client },
    ...{ secretId: secret.arn, adminSecretId: admin?.arn },
    get token() {
      return secret.token;
    },
    async takeAll() {
      for (const step of rotationSteps) await take(step);
    },
    async putPending(pending) {
      const text = typeof pending === "string" ? pending : JSON.stringify({ ...value, ...pending });
      await secret.put(text, ["AWSPENDING"], secret.token);
    },
    read: async (label) => secret.value(label),
    labels: () => secret.labels(),
    logsIn: (label) => secret.logsIn(label, dbname),
    tag: (added) => secret.tag(added),
    untag: () => secret.untag(),
    cancel: () => secret.dropPending(),
    async rotateAgain() {
      await secret.dropPending();
      await secret.register();
    },
    async testRotation() {
      await secret.dropPending();
      const outcomes: string[] = [];
      world.aroundStep = async ({ Step: step, ClientRequestToken: token }) => {
        const event = { step, secretId: secret.arn, token };
        outcomes.push(await take(step, { event }).catch(({ code }) => code));
        return { ok: true };
      };
      await secret.rotate(undefined, { RotateImmediately: false });
      return outcomes;
    },
    close: () => world.close(),
  };
}
