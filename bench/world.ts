import { randomBytes, randomUUID } from "node:crypto";
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { rotationFunctionFiles } from "../build/bundle";
import { type Lambda, startLambda } from "../emulators/lambda/lambda";
import { type Postgres, type PostgresOptions, startPostgres } from "../emulators/postgres/postgres";
import { type SecretsManager, startSecretsManager } from "../emulators/secrets-manager";

/** Megabytes: the default of `function.memorySize`. */
export const memorySize = 256;

/** A database, a Secrets Manager, and the archive that the stack deploys. */
export interface BenchWorld {
  readonly postgres: Postgres;
  readonly service: SecretsManager;
  /** The archive of the rotation function: file name to content. */
  readonly files: Readonly<Record<string, string>>;
  /** Creates a role and a secret with its password. @param port of the database, as the secret says */
  addSecret(port?: number): Promise<BenchSecret>;
  /** Starts a process of its own. @param options default to the deployed archive and the service itself */
  addFunction(options?: { endpoint?: string; files?: Readonly<Record<string, string>> }): Lambda;
  /** @returns milliseconds @throws Error if the first attempt fails */
  rotate(secret: BenchSecret, fn: Lambda): Promise<number>;
  stop(): Promise<void>;
}

export interface BenchSecret {
  readonly name: string;
  readonly user: string;
  readonly firstPassword: string;
}

export async function startBenchWorld(options: PostgresOptions = {}): Promise<BenchWorld> {
  const postgres = await startPostgres(options);
  const files = rotationFunctionFiles("us-east-1", postgres.ca);
  const functions = new Map<string, Lambda["invoke"]>();
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
    files,
    async addSecret(port = postgres.port) {
      const user = `bench_${randomBytes(6).toString("hex")}`;
      const firstPassword = randomBytes(18).toString("base64url");
      await postgres.query(`CREATE ROLE ${user} LOGIN PASSWORD '${firstPassword}'`);
      const value = { engine: "postgres", host: "localhost", port, username: user, password: firstPassword };
      const name = `bench/${user}`;
      await client.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value) }));
      return { name, user, firstPassword };
    },
    addFunction({ endpoint = service.endpoint, files: code = files } = {}) {
      const lambda = startLambda({
        ...{ files: code, handler: "index.handler", timeoutSeconds: 300, memorySize },
        functionName: `bench-${lambdas.length}`,
        environment: { SECRETS_MANAGER_ENDPOINT: endpoint },
      });
      lambdas.push(lambda);
      functions.set(lambda.functionArn, lambda.invoke);
      return lambda;
    },
    async rotate({ name }, { functionArn }) {
      const rotation = {
        SecretId: name,
        ClientRequestToken: randomUUID(),
        RotationLambdaARN: functionArn,
        RotationRules: { AutomaticallyAfterDays: 30 },
      };
      await client.send(new RotateSecretCommand(rotation));
      const outcome = await service.rotationFinished(name);
      if (!outcome.succeeded) throw new Error(`Rotation of ${name} failed: ${outcome.failure}`);
      return outcome.durationMs;
    },
    async stop() {
      client.destroy();
      await Promise.all(lambdas.map((lambda) => lambda.stop()));
      await service.close();
      await postgres.stop();
    },
  };
}
