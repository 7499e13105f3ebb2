import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { RotationStep, SecretsManager } from "../../emulators/secrets-manager";
import { steps } from "../../rotation-fn/event";
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
import { startWorld } from "./world";

const stepFunctions = { createSecret, setSecret, testSecret, finishSecret };

/** A registered rotation. The test runs its steps, from the source and not from the bundle. */
export interface PendingRotation {
  readonly login: FreshLogin;
  readonly service: SecretsManager;
  readonly client: SecretsManagerClient;
  /** ClientRequestToken of the rotation in progress. */
  readonly token: string;
  readonly warnings: readonly string[];
  readonly secretId: string;
  readonly adminSecretId: string | undefined;
  /** The arguments of a step, for a test that calls it itself. */
  argumentsOf(step: RotationStep, overrides?: Partial<Rotation>): Rotation;
  runStep(step: RotationStep, overrides?: Partial<Rotation>): Promise<Outcome>;
  /** All four steps. */
  runSteps(): Promise<void>;
  /** Stores the pending version: the whole text, or keys that differ from the first value. */
  putPending(secret: object | string): Promise<void>;
  /** The JSON of the version with the staging label. Undefined if there is none with a value. */
  read(stage: string): Promise<Record<string, unknown> | undefined>;
  /** Staging label → version ID. */
  labels(): Record<string, string>;
  /** Whether the version with the staging label logs in. */
  logsIn(stage: string): Promise<boolean>;
  tag(tags: Readonly<Record<string, string>>): Promise<void>;
  /** Removes all tags. @returns the tags */
  untag(): Promise<Record<string, string>>;
  /** Ends the rotation in progress, as an operator would. */
  cancel(): Promise<void>;
  /** Registers the next rotation, and ends the one in progress. */
  rotateAgain(): Promise<void>;
  /** Has the service test the configuration (`RotateImmediately: false`). @returns the steps' outcomes, or error codes */
  testRotation(): Promise<string[]>;
  close(): Promise<void>;
}

export interface PendingRotationOptions {
  /** Keys of the secret's value that differ from the usual ones. */
  readonly secret?: Readonly<Record<string, unknown>>;
  /** The user. @default a new one */
  readonly login?: FreshLogin;
  readonly strategy?: Strategy;
  /** Value of the admin secret. @default there is none */
  readonly admin?: object;
  readonly memberOf?: readonly string[];
}

/** Creates a role, a secret with its password, and a rotation of which no step has run. */
export async function pendingRotation(options: PendingRotationOptions = {}): Promise<PendingRotation> {
  const login = options.login ?? (await freshLogin());
  const { postgres, user: username, password, database: dbname } = login;
  const world = await startWorld({ postgres });
  const name = `db/${username}`;
  const admin =
    options.admin && (await world.addSecret({ name: `${name}/admin`, value: JSON.stringify(options.admin) }));
  const first = { engine: "postgres", host: postgres.host, port: postgres.port, username, password, dbname };
  const value = { ...first, ...options.secret };
  const tags = tagsOf({ ...options, username, adminSecretArn: admin?.arn, port: postgres.port });
  const secret = await world.addSecret({ name, value, tags });
  await secret.register();

  const warnings: string[] = [];
  const log: Log = { info: () => undefined, warn: (message) => warnings.push(message), failure: () => undefined };
  const argumentsOf: PendingRotation["argumentsOf"] = (step, overrides = {}) => ({
    event: { step, secretId: secret.arn, token: secret.token },
    secret: new SecretClient(world.client, secret.arn, overrides.signal),
    rules: passwordRules({}),
    passwordForm: "verifier",
    adminDatabase: "postgres",
    log,
    // No step waits for a server that starts.
    remainingMs: () => 20_000,
    signal: new AbortController().signal,
    ...overrides,
  });
  const runStep: PendingRotation["runStep"] = (step, overrides) => stepFunctions[step](argumentsOf(step, overrides));
  return {
    ...{ login, warnings, argumentsOf, runStep, service: world.service, client: world.client },
    ...{ secretId: secret.arn, adminSecretId: admin?.arn },
    get token() {
      return secret.token;
    },
    async runSteps() {
      for (const step of steps) await runStep(step);
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
        outcomes.push(await runStep(step, { event }).catch(({ code }) => code));
        return { ok: true };
      };
      await secret.rotate(undefined, { RotateImmediately: false });
      return outcomes;
    },
    close: () => world.close(),
  };
}
