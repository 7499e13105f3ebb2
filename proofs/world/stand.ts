import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  RotateSecretCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
} from "@aws-sdk/client-secrets-manager";
import type { Client } from "pg";
import { type FunctionUnderTest, functionArn } from "../../emulators/lambda/functionUnderTest";
import type { Postgres } from "../../emulators/postgres/postgres";
import { type PostgresProxy, startPostgresProxy } from "../../emulators/postgres/wire/postgresProxy";
import {
  type InvocationOutcome,
  type RotationFunctionEvent,
  type RotationOutcome,
  type SecretsManager,
  type ServiceRules,
  startSecretsManager,
} from "../../emulators/secrets-manager";
import { Effects } from "./effects";
import type { Ledger } from "./ledger";
import { neutralName, type Strategy, type Subject } from "./subject";

export interface StandOptions {
  readonly postgres: Postgres;
  readonly ledger: Ledger;
  /** Makes the function; its environment leads it to the stand's own Secrets Manager. */
  readonly start: (environment: Record<string, string>) => FunctionUnderTest;
  /** How often the service tries a failed rotation again. @default 4 */
  readonly retries?: number;
  /** Which side of its weakly evidenced rules the service follows. */
  readonly rules?: Partial<ServiceRules>;
}

/** A Secrets Manager, a way to PostgreSQL and the function between them: for one rotation at a time. */
export interface Stand {
  readonly service: SecretsManager;
  readonly client: SecretsManagerClient;
  readonly proxy: PostgresProxy;
  readonly effects: Effects;
  readonly postgres: Postgres;
  /** A session of the superuser that leaves no trace in the server's log. */
  readonly superuser: Client;
  readonly ledger: Ledger;
  readonly underTest: FunctionUnderTest;
  /** Called after each step, whatever its end was. */
  onStepOver: (event: RotationFunctionEvent, ok: boolean) => Promise<void>;
  /** Kills the function: nothing that it would do after this has an effect. */
  kill(): void;
  /** Resolves when the invocation that is under way has ended. */
  invocationOver(): Promise<void>;
  prepare(strategy: Strategy): Promise<Subject>;
  /** Turns rotation on as a deployment does that does not rotate immediately. */
  configure(secretId: string): Promise<void>;
  /** Has the function take one step. */
  take(event: RotationFunctionEvent): Promise<InvocationOutcome>;
  /**
   * Starts a rotation whose steps the caller takes; false where the service refuses, and has reattempted the rotation
   * that is in the way if its rules say so.
   */
  register(secretId: string, token: string): Promise<boolean>;
  /** Ends a rotation whose steps the caller has taken, as the service does. */
  rotated(secretId: string, token: string): void;
  /** Starts a rotation and waits for its end, the service's retries included. */
  rotate(secretId: string): Promise<RotationOutcome>;
  close(): Promise<void>;
}

export async function startStand({ postgres, ledger, start, retries = 4, rules = {} }: StandOptions): Promise<Stand> {
  let over: Promise<unknown> = Promise.resolve();
  /** A rotation whose steps the caller takes, see `register`. */
  let held = false;
  let latest = 0;
  const service = await startSecretsManager({
    // Never the same moment twice: the order of versions is told by their dates.
    clock() {
      latest = Math.max(Date.now(), latest + 1);
      return new Date(latest);
    },
    ...{ retries, rules },
    retryDelayMs: 1,
    invoke: async (_arn, event) =>
      held ? { ok: false, errorType: "Held", errorMessage: "the steps are taken one by one" } : stand.take(event),
  });
  const underTest = start({ SECRETS_MANAGER_ENDPOINT: service.endpoint });
  const proxy = await startPostgresProxy({
    port: postgres.port,
    ca: postgres.ca,
    certificate: {
      certificatePem: readFileSync(join(postgres.dataDir, "server.crt"), "utf8"),
      keyPem: readFileSync(join(postgres.dataDir, "server.key"), "utf8"),
    },
  });
  const client = new SecretsManagerClient({
    endpoint: service.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const superuser = await postgres.connect({ user: postgres.superuser, password: postgres.superuserPassword });
  await superuser.query("SET log_statement = 'none'");
  const effects = new Effects(service, proxy);
  effects.onCredential = (text) => ledger.note(text);

  async function startRotation(SecretId: string, ClientRequestToken: string, RotateImmediately = true): Promise<void> {
    await client.send(
      new RotateSecretCommand({
        ...{ SecretId, ClientRequestToken, RotateImmediately, RotationLambdaARN: functionArn },
        RotationRules: { AutomaticallyAfterDays: 30 },
      }),
    );
    // The first step is called a moment after the answer: by then it has to be known whether it is held.
    if (held) await service.rotationFinished(SecretId);
  }

  const stand: Stand = {
    ...{ service, client, proxy, effects, postgres, superuser, ledger, underTest },
    onStepOver: async () => undefined,
    kill() {
      effects.dead = true;
      underTest.kill();
    },
    invocationOver: async () => {
      await over;
    },
    async prepare(strategy) {
      const subject = await strategy.prepare({
        sql: (statement) => superuser.query(statement),
        port: proxy.port,
        client,
      });
      effects.neutral = (text) => neutralName(subject, text);
      return subject;
    },
    async take(event) {
      effects.enter(event.Step);
      const invocation = underTest.invoke(event);
      over = invocation;
      const result = await invocation;
      effects.enter(undefined);
      for (const { value } of service.store.find(event.SecretId).versions.values()) {
        if (value !== undefined && "SecretString" in value) ledger.noteSecret(value.SecretString);
      }
      await stand.onStepOver(event, result.ok);
      return result.ok
        ? { ok: true }
        : { ok: false, errorType: result.errorType ?? "Error", errorMessage: result.errorMessage ?? "" };
    },
    async configure(secretId) {
      held = true;
      await startRotation(secretId, randomUUID(), false).finally(() => {
        held = false;
      });
    },
    rotated: (secretId, token) => service.endRotation(secretId, token),
    async register(secretId, token) {
      const inTheWay = [...service.store.find(secretId).versions.values()].some(
        ({ stages }) => stages.has("AWSPENDING") && !stages.has("AWSCURRENT"),
      );
      held = !inTheWay;
      try {
        await startRotation(secretId, token);
        return true;
      } catch (error) {
        if (!(error instanceof SecretsManagerServiceException)) throw error;
        await service.rotationFinished(secretId).catch(() => undefined);
        return false;
      } finally {
        held = false;
      }
    },
    async rotate(secretId) {
      await startRotation(secretId, randomUUID());
      return service.rotationFinished(secretId);
    },
    async close() {
      client.destroy();
      await superuser.end();
      await underTest.stop();
      await service.close();
      await proxy.close();
    },
  };
  return stand;
}
