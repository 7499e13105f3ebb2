import { randomUUID } from "node:crypto";
import { CreateSecretCommand, GetSecretValueCommand, type Tag } from "@aws-sdk/client-secrets-manager";
import { type Monitoring, startMonitoring } from "../../emulators/monitoring/monitoring";
import { createAuthority } from "../../emulators/postgres/certificates";
import { freePort, type Postgres, startPostgres } from "../../emulators/postgres/postgres";
import type { StepEnded } from "../../emulators/secrets-manager";
import { type StoredLogin, TestSecret } from "../world/testSecret";
import { startWorld, type World } from "../world/world";
import { type Breakage, withBreakage } from "./breakages";
import { type ClientLogins, watchLogins } from "./clientLogins";
import { type EvaluatedStack, evaluateStack } from "./evaluatedStack";
import type { RotationScenario } from "./scenarios";

export type StepReport = Pick<StepEnded, "step" | "durationMs">;

/** One rotation that succeeded. */
export interface RehearsedRotation {
  /** ID of the version that it made, and of the version that was AWSCURRENT before. */
  readonly token: string;
  readonly previousToken: string | undefined;
  readonly current: StoredLogin;
  readonly previous: StoredLogin;
  readonly durationMs: number;
  readonly steps: readonly StepReport[];
  /** What a client saw that logged in all the time. Undefined if there was no user to log in as. */
  readonly watched: ClientLogins | undefined;
}

/** A rotation that failed: the step, and the function's error. */
export class RotationFailed extends Error {
  constructor(
    readonly step: string,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = code;
  }
}

export interface Rehearsal {
  readonly stack: EvaluatedStack;
  readonly world: World;
  readonly monitoring: Monitoring;
  readonly secret: TestSecret;
  /** Rotates the secret once. @throws RotationFailed */
  rotate(onStep: (step: StepReport) => void): Promise<RehearsedRotation>;
  logIn(login: StoredLogin): Promise<boolean>;
  /** The login and its database, for people. */
  userOf(login: StoredLogin): string;
  /** What PostgreSQL stores of the password (`pg_authid.rolpassword`). */
  storedVerifier(): Promise<string>;
  /** Every password that the secret has had. */
  passwords(): readonly string[];
}

/** The parts of a rehearsal, in the order in which they start. Each needs the ones before it. */
export interface RehearsalParts {
  evaluate(): Promise<EvaluatedStack>;
  startDatabase(): Promise<Postgres>;
  startService(): Promise<Rehearsal>;
  stop(): Promise<void>;
}

/** Prepares a rehearsal of what would be deployed: the function comes only from the evaluated Pulumi program. */
export function prepareRehearsal(scenario: RotationScenario, breakage?: Breakage): RehearsalParts {
  const running: (() => Promise<unknown>)[] = [];
  let stopped: Promise<void> | undefined;
  let stack: EvaluatedStack;
  let postgres: Postgres;
  const authority = createAuthority();
  const port = freePort();

  return {
    async evaluate() {
      const databaseCa = (await authority).certificatePem;
      const evaluated = await evaluateStack(scenario, { host: "localhost", port: await port }, databaseCa);
      stack = withBreakage(evaluated, breakage);
      return stack;
    },

    async startDatabase() {
      postgres = await startPostgres({ authority: await authority, port: await port });
      running.push(() => postgres.stop());
      await scenario.prepare(postgres, stack.database);
      if (breakage?.certificateNames) {
        await postgres.reload({ certificate: await (await authority).issue({ hostnames: breakage.certificateNames }) });
      }
      return postgres;
    },

    async startService() {
      const monitoring = await startMonitoring(`/aws/lambda/${stack.lambda.functionName}`);
      running.push(monitoring.close);
      const onLog = (message: string): void => void monitoring.lines.push({ timestamp: Date.now(), message });
      const world = await startWorld({ postgres, function: { ...stack.lambda, ownProcess: true, onLog } });
      running.push(() => world.close());
      breakage?.service?.(world.service);
      // As the provider does: the secret first, then its value with the staging labels.
      const create = async (Name: string, value: object, labels: string[], Tags: Tag[]): Promise<TestSecret> => {
        const { ARN = Name } = await world.client.send(new CreateSecretCommand({ Name, Tags }));
        const secret = new TestSecret(world, ARN, Name, stack.database.username, world.fn);
        await secret.put(JSON.stringify(value), labels);
        return secret;
      };
      const { adminSecret } = scenario;
      const admin = adminSecret && (await create(adminSecret.name, adminSecret.value, ["AWSCURRENT"], []));
      const withAdmin = (text: string): string =>
        adminSecret && admin ? text.replaceAll(adminSecret.arn, admin.arn) : text;
      const { name, value, labels, tags } = stack.secret;
      const secret = await create(
        name,
        { ...JSON.parse(withAdmin(value)), ...breakage?.secret },
        labels,
        tags.map(({ Key, Value }) => ({ Key, Value: withAdmin(Value) })),
      );
      return rehearsalOf({ stack, world, monitoring, secret });
    },

    stop() {
      stopped ??= stopAll(running);
      return stopped;
    },
  };
}

/** Stops the parts, the last one first. A failure does not keep the others from stopping. */
async function stopAll(parts: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const stop of parts.toReversed()) await stop().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

function rehearsalOf(parts: Pick<Rehearsal, "stack" | "world" | "monitoring" | "secret">): Rehearsal {
  const { stack, world, secret } = parts;
  const { client, postgres, service } = world;
  const seen = new Set<string>([stack.database.password]);

  const read = async (): Promise<{ token: string | undefined; login: StoredLogin }> => {
    const { SecretString = "{}", VersionId } = await client.send(new GetSecretValueCommand({ SecretId: secret.arn }));
    const login = JSON.parse(SecretString) as StoredLogin;
    seen.add(login.password);
    return { token: VersionId, login };
  };

  const logIn = ({ username, password }: StoredLogin): Promise<boolean> =>
    postgres.canLogIn(username, password, stack.database.dbname);

  /** @throws RotationFailed */
  async function rotate(token: string, onStep: (step: StepReport) => void): Promise<void> {
    let failure: RotationFailed | undefined;
    const report = ({ step, durationMs, outcome }: StepEnded): void => {
      if (outcome.ok) onStep({ step, durationMs });
      else failure = new RotationFailed(step, outcome.errorType, outcome.errorMessage);
    };
    service.events.on("stepEnded", report);
    const outcome = await secret
      .rotate(token, { RotationRules: stack.secret.rotationRules })
      .finally(() => service.events.off("stepEnded", report));
    if (outcome.succeeded) return;
    throw failure ?? new RotationFailed("rotation", "RotationFailed", outcome.failure ?? "it did not succeed");
  }

  return {
    ...parts,
    async rotate(onStep) {
      const before = await read();
      const token = randomUUID();
      const stopWatching = (await logIn(before.login).catch(() => false))
        ? watchLogins(async () => logIn((await read()).login))
        : undefined;
      const startedAt = performance.now();
      const steps: StepReport[] = [];
      const failure: unknown = await rotate(token, (step) => {
        steps.push(step);
        onStep(step);
      }).catch((error: unknown) => error);
      const durationMs = performance.now() - startedAt;
      const watched = await stopWatching?.(failure === undefined);
      if (failure !== undefined) throw failure;
      const { login: current } = await read();
      return { token, previousToken: before.token, current, previous: before.login, durationMs, steps, watched };
    },
    logIn,
    userOf: ({ username }) => `${username}@${postgres.host}:${postgres.port}/${stack.database.dbname}`,
    async storedVerifier() {
      const { login } = await read();
      const { rows } = await postgres.query<{ rolpassword: string | null }>(
        "SELECT rolpassword FROM pg_authid WHERE rolname = $1",
        [login.username],
      );
      return rows[0]?.rolpassword ?? "";
    },
    passwords: () => [...seen],
  };
}
