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
  /** The logins of a client during the rotation. Undefined if the user did not exist before. */
  readonly clientLogins: ClientLogins | undefined;
}

/** A rotation that failed: the step, and the function's error. */
export class RotationFailedError extends Error {
  constructor(
    readonly step: string,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = code;
  }
}

/** A rehearsal of what would be deployed: the function comes only from the evaluated Pulumi program. */
export class Rehearsal {
  stack!: EvaluatedStack;
  postgres!: Postgres;
  world!: World;
  monitoring!: Monitoring;
  secret!: TestSecret;
  /** Whether all parts have started. */
  started = false;
  /** The rotations that succeeded. */
  readonly rotations: RehearsedRotation[] = [];
  readonly #authority = createAuthority();
  readonly #port = freePort();
  readonly #running: (() => Promise<unknown>)[] = [];
  #stopped: Promise<void> | undefined;

  constructor(
    readonly scenario: RotationScenario,
    private readonly breakage?: Breakage,
  ) {}

  /** Evaluates the program. Each part needs the parts before it. */
  async evaluate(): Promise<void> {
    const { certificatePem } = await this.#authority;
    this.stack = withBreakage(await evaluateStack(this.scenario, await this.#port, certificatePem), this.breakage);
  }

  async startDatabase(): Promise<void> {
    const authority = await this.#authority;
    const postgres = await startPostgres({ authority, port: await this.#port });
    this.postgres = postgres;
    this.#running.push(() => postgres.stop());
    await this.scenario.prepare(postgres, this.stack.database);
    const hostnames = this.breakage?.certificateNames;
    if (hostnames) await postgres.reload({ certificate: await authority.issue({ hostnames }) });
  }

  async startService(): Promise<void> {
    const { stack, postgres, breakage } = this;
    const monitoring = await startMonitoring(`/aws/lambda/${stack.lambda.functionName}`);
    this.monitoring = monitoring;
    this.#running.push(monitoring.close);
    const onLog = (message: string): void => void monitoring.lines.push({ timestamp: Date.now(), message });
    const world = await startWorld({ postgres, function: { ...stack.lambda, ownProcess: true, onLog } });
    this.world = world;
    this.#running.push(() => world.close());
    breakage?.service?.(world.service);
    const { adminSecret } = this.scenario;
    const admin = adminSecret && (await this.#create(adminSecret.name, adminSecret.value, ["AWSCURRENT"], []));
    const withAdmin = (text: string): string =>
      adminSecret && admin ? text.replaceAll(adminSecret.arn, admin.arn) : text;
    const { name, value, labels, tags } = stack.secret;
    this.secret = await this.#create(
      name,
      { ...JSON.parse(withAdmin(value)), ...breakage?.secret },
      labels,
      tags.map(({ Key, Value }) => ({ Key, Value: withAdmin(Value) })),
    );
    this.started = true;
  }

  /** Creates a secret as the provider does: first the secret, then its value with the staging labels. */
  async #create(Name: string, value: object, labels: string[], Tags: Tag[]): Promise<TestSecret> {
    const { ARN = Name } = await this.world.client.send(new CreateSecretCommand({ Name, Tags }));
    const secret = new TestSecret(this.world, ARN, Name, this.stack.database.username, this.world.fn);
    await secret.put(JSON.stringify(value), labels);
    return secret;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  /** Stops the parts, the last one first. A failure does not keep the others from stopping. */
  async #stopAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const stop of this.#running.reverse()) await stop().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  /** The latest rotation. @throws Error if none has succeeded */
  get latest(): RehearsedRotation {
    const rotation = this.rotations.at(-1);
    if (rotation === undefined) throw new Error("no rotation has succeeded");
    return rotation;
  }

  /** Rotates the secret once. @throws RotationFailedError */
  async rotate(onStep: (step: StepReport) => void): Promise<RehearsedRotation> {
    const { AWSCURRENT: previousToken } = this.secret.labels();
    const previous = await this.#readLogin();
    const token = randomUUID();
    const userExists = await this.logIn(previous).catch(() => false);
    const steps: StepReport[] = [];
    const rotation = this.#rotateTo(token, (step) => {
      steps.push(step);
      onStep(step);
    });
    const clientLogins = userExists
      ? await watchLogins(async () => this.logIn(await this.#readLogin()), rotation)
      : undefined;
    const durationMs = await rotation;
    const rotated = {
      token,
      previousToken,
      current: await this.#readLogin(),
      previous,
      durationMs,
      steps,
      clientLogins,
    };
    this.rotations.push(rotated);
    return rotated;
  }

  /** @returns milliseconds @throws RotationFailedError */
  async #rotateTo(token: string, onStep: (step: StepReport) => void): Promise<number> {
    const { events } = this.world.service;
    let failure: RotationFailedError | undefined;
    const report = ({ step, durationMs, outcome }: StepEnded): void => {
      if (outcome.ok) onStep({ step, durationMs });
      else failure = new RotationFailedError(step, outcome.errorType, outcome.errorMessage);
    };
    events.on("stepEnded", report);
    const outcome = await this.secret
      .rotate(token, { RotationRules: this.stack.secret.rotationRules })
      .finally(() => events.off("stepEnded", report));
    if (outcome.succeeded) return outcome.durationMs;
    throw failure ?? new RotationFailedError("rotation", "RotationFailed", outcome.failure ?? "it did not succeed");
  }

  /** Reads AWSCURRENT, as an application does. */
  async #readLogin(): Promise<StoredLogin> {
    const { SecretString = "{}" } = await this.world.client.send(
      new GetSecretValueCommand({ SecretId: this.secret.arn }),
    );
    return JSON.parse(SecretString);
  }

  logIn({ username, password }: StoredLogin): Promise<boolean> {
    return this.postgres.canLogIn(username, password, this.stack.database.dbname);
  }

  /** `user@host:port/database`. */
  userOf({ username }: StoredLogin): string {
    return `${username}@${this.postgres.host}:${this.postgres.port}/${this.stack.database.dbname}`;
  }

  /** `pg_authid.rolpassword` of the user in AWSCURRENT; empty if there is none. */
  async storedVerifier(): Promise<string> {
    const { username } = await this.#readLogin();
    const { rows } = await this.postgres.query<{ rolpassword: string | null }>(
      "SELECT rolpassword FROM pg_authid WHERE rolname = $1",
      [username],
    );
    return rows[0]?.rolpassword ?? "";
  }

  /** Every password that the secret has had. */
  passwords(): readonly string[] {
    const stored = [...this.secret.versions.keys()].flatMap((id) => this.secret.credentials(id)?.password ?? []);
    return [...new Set([this.stack.database.password, ...stored])];
  }
}
