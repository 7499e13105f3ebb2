import { CreateSecretCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { handlerFile } from "../../build/bundle";
import { functionArnOf, type Lambda, type LambdaOptions, startLambda } from "../../emulators/lambda/lambda";
import { loadFunction } from "../../emulators/lambda/loadedFunction";
import type { Postgres } from "../../emulators/postgres/postgres";
import {
  type RotationFunctionEvent,
  type SecretsManager,
  type ServiceRules,
  startSecretsManager,
} from "../../emulators/secrets-manager";
import { localClient } from "./client";
import { randomPassword, sharedPostgres } from "./sharedPostgres";
import { type Services, type StepResult, TestSecret } from "./testSecret";
import { trust } from "./trust";

export interface FunctionOptions extends Partial<LambdaOptions> {
  /** Whether the function runs in a process of its own, or in this one, which is faster. @default false */
  readonly ownProcess?: boolean | undefined;
  /** URL of Secrets Manager. @default the one of the world */
  readonly endpoint?: string;
  /** PEM of the authority that the function trusts. @default the one of the world's PostgreSQL */
  readonly ca?: string;
}

export interface WorldOptions {
  /** @default the server of this process */
  readonly postgres?: Postgres;
  /** Options of {@link World.fn}. */
  readonly function?: FunctionOptions;
  /** How often the service retries a failed rotation. @default 0 */
  readonly retries?: number;
  /** Variants of the service's rules that no recording proves. */
  readonly rules?: Partial<ServiceRules>;
}

export interface SecretOptions {
  /** @default a new one */
  readonly name?: string;
  /** Keys that differ from the usual ones, or the whole text. */
  readonly value?: Readonly<Record<string, unknown> & { username?: string }> | string;
  /** Undefined ones are omitted. */
  readonly tags?: Readonly<Record<string, string | undefined>>;
  /** The rotation function. @default {@link World.fn} */
  readonly fn?: Lambda;
}

const stepsByTestOutcome = { ok: false, errorType: "Held", errorMessage: "The test runs the steps." } as const;
let secrets = 0;

/** The setup of all proofs: Secrets Manager, PostgreSQL, and rotation functions. */
export class World implements Services {
  readonly stepsByTest = new Set<string>();
  /** Environment variables by which the operators' commands find the services. */
  readonly env: NodeJS.ProcessEnv;
  readonly functionArn: string;
  /** The log of all functions. */
  readonly log: string[] = [];
  /** Port of the database in new secrets. */
  port: number;
  /** Called for each step that the service or the test runs. `run` invokes the function. */
  aroundStep: (event: RotationFunctionEvent, run: () => Promise<StepResult>) => Promise<StepResult> = (_, run) => run();
  /** Called by {@link close}, the last one first. */
  readonly onClose: (() => Promise<unknown>)[] = [];
  #fn: Lambda | undefined;

  constructor(
    readonly postgres: Postgres,
    readonly service: SecretsManager,
    readonly client: SecretsManagerClient,
    readonly functions: Map<string, Lambda>,
    private readonly options: FunctionOptions,
  ) {
    this.port = postgres.port;
    this.functionArn = functionArnOf(options.functionName ?? "rotation");
    this.env = { SECRETS_MANAGER_ENDPOINT: service.endpoint };
  }

  /** The rotation function, started on first use. */
  get fn(): Lambda {
    this.#fn ??= this.addFunction(this.options);
    return this.#fn;
  }

  /** Starts a function with the deployed handler, unless the options have other files. */
  addFunction(functionOptions: FunctionOptions = {}): Lambda {
    const { ownProcess = false, ca = this.postgres.ca, endpoint = this.service.endpoint, ...options } = functionOptions;
    const fn = (ownProcess ? startLambda : loadFunction)({
      ...{ files: { "index.js": handlerFile("index.js"), "trust.pem": ca }, handler: "index.handler" },
      ...{ functionName: "rotation", timeoutSeconds: 30, memorySize: 256 },
      ...options,
      environment: { ...options.environment, SECRETS_MANAGER_ENDPOINT: endpoint },
      onLog: (line) => {
        this.log.push(line);
        options.onLog?.(line);
      },
    });
    this.functions.set(fn.functionArn, fn);
    this.onClose.push(() => fn.stop());
    return fn;
  }

  async addSecret({ name = `db/${++secrets}`, value = {}, tags = {}, fn }: SecretOptions = {}): Promise<TestSecret> {
    const { host } = this.postgres;
    const defaults = { engine: "postgres", host, port: this.port, username: "app", password: randomPassword() };
    const json = { ...defaults, dbname: "postgres", ...(typeof value === "object" && value) };
    const { ARN: arn = name } = await this.client.send(
      new CreateSecretCommand({
        Name: name,
        SecretString: typeof value === "string" ? value : JSON.stringify(json),
        Tags: Object.entries(tags).flatMap(([Key, Value]) => (Value === undefined ? [] : [{ Key, Value }])),
      }),
    );
    return new TestSecret(this, arn, name, json.username, fn);
  }

  /** Invokes the function for a step, as the service does. */
  runStep(event: RotationFunctionEvent, fn = this.fn): Promise<StepResult> {
    return this.aroundStep(event, async () => fn.invoke(event));
  }

  async close(): Promise<void> {
    this.client.destroy();
    for (const close of this.onClose.reverse()) await close();
    await this.service.close();
  }
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const functions = new Map<string, Lambda>();
  let latest = 0;
  const service = await startSecretsManager({
    ...{ retries: options.retries ?? 0, retryDelayMs: 1, rules: options.rules ?? {} },
    // Never returns the same time twice, because versions are ordered by their dates.
    clock() {
      latest = Math.max(Date.now(), latest + 1);
      return new Date(latest);
    },
    invoke: async (arn, event): Promise<StepResult> => {
      if (world.stepsByTest.has(event.SecretId)) return stepsByTestOutcome;
      return world.runStep(event, functions.get(arn));
    },
  });
  const client = localClient(service.endpoint);
  const postgres = options.postgres ?? (await sharedPostgres());
  trust(postgres.ca);
  const world = new World(postgres, service, client, functions, options.function ?? {});
  return world;
}
