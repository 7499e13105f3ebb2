import { randomUUID } from "node:crypto";
import {
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotateSecretCommandInput,
  type SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import type { InvocationResult, Lambda } from "../../emulators/lambda/lambda";
import type { Postgres } from "../../emulators/postgres/postgres";
import type {
  InvocationOutcome,
  RotationFunctionEvent,
  RotationOutcome,
  RotationStep,
  SecretsManager,
  SecretVersion,
} from "../../emulators/secrets-manager";
import { steps } from "../../rotation-fn/event";

/** The services around a secret. */
export interface Services {
  readonly postgres: Postgres;
  readonly service: SecretsManager;
  readonly client: SecretsManagerClient;
  /** The function of the secrets that do not name another. */
  readonly functionArn: string;
  /**
   * ARNs of the secrets whose steps the test runs. For these, the service gets an error and does not call the function.
   */
  readonly stepsByTest: Set<string>;
  runStep(event: RotationFunctionEvent, fn?: Lambda): Promise<StepResult>;
}

export type StepResult = InvocationOutcome & Partial<Pick<Extract<InvocationResult, { ok: false }>, "stack" | "log">>;

export interface StoredLogin {
  readonly username: string;
  readonly password: string;
}

/** A secret of a world. It reads the emulator's state directly, without hooks and stale reads. */
export class TestSecret {
  /** ClientRequestToken of the latest rotation. */
  token = "";

  constructor(
    readonly world: Services,
    readonly arn: string,
    readonly name: string,
    /** The username in its first value. */
    readonly user: string,
    private readonly fn?: Lambda,
  ) {}

  /** Starts a rotation whose steps the test runs. @throws SecretsManagerServiceException as `RotateSecret` does */
  async register(token?: string, more?: Partial<RotateSecretCommandInput>): Promise<void> {
    this.world.stepsByTest.add(this.arn);
    try {
      await this.startRotation(token, more);
      await this.world.service.rotationFinished(this.arn);
    } finally {
      this.world.stepsByTest.delete(this.arn);
    }
  }

  /** Starts a rotation, and waits until the service has ended it. */
  async rotate(token?: string, more?: Partial<RotateSecretCommandInput>): Promise<RotationOutcome> {
    await this.startRotation(token, more);
    return this.world.service.rotationFinished(this.arn);
  }

  async startRotation(token: string = randomUUID(), more: Partial<RotateSecretCommandInput> = {}): Promise<void> {
    const rotation = {
      ...{ SecretId: this.arn, ClientRequestToken: token, RotationRules: { AutomaticallyAfterDays: 30 } },
      RotationLambdaARN: this.fn?.functionArn ?? this.world.functionArn,
    };
    await this.world.client.send(new RotateSecretCommand({ ...rotation, ...more }));
    this.token = token;
  }

  /** Runs a step of the rotation that is registered. @param changed keys of the event */
  runStep(step: RotationStep, changed: object = {}): Promise<StepResult> {
    const event = { Step: step, SecretId: this.arn, ClientRequestToken: this.token, ...changed };
    return this.world.runStep(event, this.fn);
  }

  /** Runs the steps before this one. @param from the first of them @throws Error if a step fails */
  async runStepsBefore(to: RotationStep, from: RotationStep = "createSecret"): Promise<void> {
    for (const step of steps.slice(steps.indexOf(from), steps.indexOf(to))) {
      const result = await this.runStep(step);
      if (!result.ok) throw new Error(`${step} failed: ${result.errorMessage}`);
    }
  }

  /** Staging label → version ID. */
  labels(): Record<string, string> {
    const versions = [...this.versions.values()];
    return Object.fromEntries(versions.flatMap(({ id, stages }) => [...stages].map((label) => [label, id])));
  }

  /** The text of a version; undefined if there is none. @param version a staging label or a version ID */
  text(version: string): string | undefined {
    const value = this.versions.get(this.labels()[version] ?? version)?.value;
    return value !== undefined && "SecretString" in value ? value.SecretString : undefined;
  }

  /** The JSON of a version; undefined if there is none. @param version a staging label or a version ID */
  value(version: string): Record<string, unknown> | undefined {
    try {
      return JSON.parse(this.text(version) ?? "");
    } catch {
      return undefined;
    }
  }

  /** Undefined if the version has no credentials. @param version a staging label or a version ID */
  credentials(version: string): StoredLogin | undefined {
    const { username, password } = this.value(version) ?? {};
    return typeof username === "string" && typeof password === "string" ? { username, password } : undefined;
  }

  /** Whether the server accepts the credentials. @param version a staging label or a version ID */
  async logsIn(version: string, database?: string): Promise<boolean> {
    const { username, password } = this.credentials(version) ?? {};
    return username !== undefined && this.world.postgres.canLogIn(username, String(password), database);
  }

  /** Stores a version. @param value keys that differ from AWSCURRENT, or the whole text @returns its ID */
  async put(
    value: Readonly<Record<string, unknown>> | string,
    labels: readonly string[] = ["AWSCURRENT"],
    versionId: string = randomUUID(),
  ): Promise<string> {
    const SecretString = typeof value === "string" ? value : JSON.stringify({ ...this.value("AWSCURRENT"), ...value });
    await this.world.client.send(
      new PutSecretValueCommand({
        ...{ SecretId: this.arn, ClientRequestToken: versionId, SecretString, VersionStages: [...labels] },
      }),
    );
    return versionId;
  }

  async moveLabel(label: string, to: string | undefined, from: string | undefined): Promise<void> {
    await this.world.client.send(
      new UpdateSecretVersionStageCommand({
        ...{ SecretId: this.arn, VersionStage: label, MoveToVersionId: to, RemoveFromVersionId: from },
      }),
    );
  }

  /** Removes AWSPENDING from a version that is not AWSCURRENT, because it blocks the next rotation. */
  async dropPending(): Promise<void> {
    const { AWSPENDING, AWSCURRENT } = this.labels();
    if (AWSPENDING !== undefined && AWSPENDING !== AWSCURRENT)
      await this.moveLabel("AWSPENDING", undefined, AWSPENDING);
  }

  async tag(tags: Readonly<Record<string, string>>): Promise<void> {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await this.world.client.send(new TagResourceCommand({ SecretId: this.arn, Tags }));
  }

  /** @param keys of the tags. @default all @returns all tags before */
  async untag(keys?: readonly string[]): Promise<Record<string, string>> {
    const tags = Object.fromEntries(this.world.service.store.find(this.arn).tags ?? []);
    const TagKeys = [...(keys ?? Object.keys(tags))];
    await this.world.client.send(new UntagResourceCommand({ SecretId: this.arn, TagKeys }));
    return tags;
  }

  get versions(): ReadonlyMap<string, SecretVersion> {
    return this.world.service.store.find(this.arn).versions;
  }
}
