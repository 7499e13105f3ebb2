import { randomBytes, randomUUID } from "node:crypto";
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type Lambda, startLambda } from "../emulators/lambda/lambda";
import { createAuthority } from "../emulators/postgres/certificates";
import { type Postgres, startPostgres } from "../emulators/postgres/postgres";
import { type RotationOutcome, type SecretsManager, startSecretsManager } from "../emulators/secrets-manager";
import { evaluateProgram } from "../infra/evaluate";

/** The function as the stack deploys it. */
export interface Deployed {
  /** Its archive: file name to content. */
  readonly files: Readonly<Record<string, string>>;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memorySize: number;
  readonly functionName: string;
}

/** What all measurements of the function stand on: the deployed archive, PostgreSQL with TLS, and a Secrets Manager. */
export interface Stage {
  readonly postgres: Postgres;
  readonly service: SecretsManager;
  readonly deployed: Deployed;
  /** A role of its own and a secret that holds its password. */
  addSecret(options?: { port?: number }): Promise<BenchSecret>;
  /** Starts the function once more. @param options over what is deployed */
  addFunction(options?: FunctionOptions): BenchFunction;
  /** @throws Error unless the rotation succeeds at the first attempt. */
  rotate(secret: BenchSecret, functionArn: string): Promise<RotationOutcome>;
  stop(): Promise<void>;
}

export interface BenchSecret {
  readonly name: string;
  readonly user: string;
  readonly firstPassword: string;
}

export interface FunctionOptions {
  /** @default the service itself */
  readonly endpoint?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly handler?: string;
  readonly memorySize?: number;
}

export interface BenchFunction {
  readonly arn: string;
  readonly lambda: Lambda;
}

/** Evaluates the stack `dev`, and sets the stage for what it deploys. */
export async function setStage(): Promise<Stage> {
  const authority = await createAuthority();
  const deployed = await deployedFunction(authority.certificatePem);
  const postgres = await startPostgres({ authority, maxConnections: 200, settings: { log_disconnections: true } });
  const stage = await stageFor(postgres, deployed);
  return {
    ...stage,
    async stop() {
      await stage.stop();
      await postgres.stop();
    },
  };
}

async function deployedFunction(databaseCa: string): Promise<Deployed> {
  const stack = await evaluateProgram({ config: { databaseCa } });
  const { inputs } = stack.find("aws:lambda/function:Function");
  const { code, environment, ...fn } = inputs as unknown as FunctionInputs;
  const files = Object.entries(await code.assets).map(async ([name, asset]) => [name, await asset.text] as const);
  return {
    files: Object.fromEntries(await Promise.all(files)),
    handler: fn.handler,
    environment: environment.variables,
    timeoutSeconds: fn.timeout,
    memorySize: fn.memorySize,
    functionName: fn.name,
  };
}

/** The inputs as the provider's types have them, once every output is known. */
interface FunctionInputs {
  readonly name: string;
  readonly handler: string;
  readonly timeout: number;
  readonly memorySize: number;
  readonly environment: { readonly variables: Readonly<Record<string, string>> };
  readonly code: { readonly assets: Promise<Readonly<Record<string, { readonly text: Promise<string> }>>> };
}

/** Sets the stage around a database that runs already. */
export async function stageFor(postgres: Postgres, deployed: Deployed): Promise<Stage> {
  const functions = new Map<string, (event: unknown) => ReturnType<Lambda["invoke"]>>();
  const service = await startSecretsManager({ functions, retries: 0 });
  const client = new SecretsManagerClient({
    endpoint: service.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
  });
  const lambdas: Lambda[] = [];
  return {
    postgres,
    service,
    deployed,
    async addSecret({ port = postgres.port } = {}) {
      const user = `bench_${randomBytes(6).toString("hex")}`;
      const firstPassword = randomBytes(18).toString("base64url");
      await postgres.query(`CREATE ROLE ${user} LOGIN PASSWORD '${firstPassword}'`);
      const value = { engine: "postgres", host: "localhost", port, username: user, password: firstPassword };
      const name = `bench/${user}`;
      const SecretString = JSON.stringify({ ...value, dbname: "postgres" });
      await client.send(new CreateSecretCommand({ Name: name, SecretString }));
      return { name, user, firstPassword };
    },
    addFunction({ endpoint = service.endpoint, ...over } = {}) {
      const lambda = startLambda({
        ...deployed,
        ...over,
        functionName: `${deployed.functionName}-${lambdas.length}`,
        environment: { ...deployed.environment, SECRETS_MANAGER_ENDPOINT: endpoint },
      });
      lambdas.push(lambda);
      functions.set(lambda.functionArn, lambda.invoke);
      return { arn: lambda.functionArn, lambda };
    },
    async rotate({ name }, functionArn) {
      await client.send(
        new RotateSecretCommand({
          SecretId: name,
          ClientRequestToken: randomUUID(),
          RotationLambdaARN: functionArn,
          RotationRules: { AutomaticallyAfterDays: 30 },
        }),
      );
      const outcome = await service.rotationFinished(name);
      if (!outcome.succeeded) throw new Error(`${name}: ${outcome.failure}`);
      return outcome;
    },
    async stop() {
      client.destroy();
      await Promise.all(lambdas.map((lambda) => lambda.stop()));
      await service.close();
    },
  };
}
