import type { RotationStep } from "../../emulators/secrets-manager";
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
export type PendingRotation = Awaited<ReturnType<typeof pendingRotation>>;

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
export async function pendingRotation(options: PendingRotationOptions = {}) {
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
  const argumentsOf = (step: RotationStep, overrides: Partial<Rotation> = {}): Rotation => ({
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
  const runStep = (step: RotationStep, overrides?: Partial<Rotation>): Promise<Outcome> =>
    stepFunctions[step](argumentsOf(step, overrides));
  return {
    ...{ login, warnings, runStep, service: world.service, client: world.client },
    ...{ secretId: secret.arn, adminSecretId: admin?.arn },
    /** The arguments of a step, for a test that calls it itself. */
    argumentsOf,
    /** ClientRequestToken of the rotation in progress. */
    get token() {
      return secret.token;
    },
    /** Runs all four steps. */
    async runSteps() {
      for (const step of steps) await runStep(step);
    },
    /** Stores the pending version: the whole text, or keys that differ from the first value. */
    async putPending(pending: object | string) {
      const text = typeof pending === "string" ? pending : JSON.stringify({ ...value, ...pending });
      await secret.put(text, ["AWSPENDING"], secret.token);
    },
    read: async (label: string) => secret.value(label),
    labels: () => secret.labels(),
    logsIn: (label: string) => secret.logsIn(label, dbname),
    tag: (tags: Readonly<Record<string, string>>) => secret.tag(tags),
    untag: () => secret.untag(),
    /** Ends the rotation in progress, as an operator would. */
    cancel: () => secret.dropPending(),
    /** Registers the next rotation, and ends the one in progress. */
    async rotateAgain() {
      await secret.dropPending();
      await secret.register();
    },
    /** Has the service test the configuration (`RotateImmediately: false`). @returns the steps' outcomes, or error codes */
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
