import { rotationFunctionFiles } from "../build/bundle";
import type { Lambda } from "../emulators/lambda/lambda";
import { type Postgres, type PostgresOptions, startPostgres } from "../emulators/postgres/postgres";
import type { SecretsManager } from "../emulators/secrets-manager";
import { freshRole } from "../proofs/world/sharedPostgres";
import type { TestSecret } from "../proofs/world/testSecret";
import { startWorld } from "../proofs/world/world";

/** Megabytes: the default of `function.memorySize`. */
export const memorySize = 256;

/** A database, a Secrets Manager, and the archive that the stack deploys. */
export interface BenchWorld {
  readonly postgres: Postgres;
  readonly service: SecretsManager;
  /** The archive of the rotation function: file name to content. */
  readonly files: Readonly<Record<string, string>>;
  /** Creates a role and a secret with its password. @param port of the database, as the secret says */
  addSecret(port?: number): Promise<TestSecret>;
  /** Starts a process of its own. @param options default to the deployed archive and the service itself */
  addFunction(options?: { endpoint?: string; files?: Readonly<Record<string, string>> }): Lambda;
  /** @returns milliseconds @throws Error if the first attempt fails */
  rotate(secret: TestSecret, fn: Lambda): Promise<number>;
  stop(): Promise<void>;
}

export async function startBenchWorld(options: PostgresOptions = {}): Promise<BenchWorld> {
  const postgres = await startPostgres(options);
  const world = await startWorld({ postgres });
  const files = rotationFunctionFiles("us-east-1", postgres.ca);
  let functions = 0;
  return {
    ...{ postgres, service: world.service, files },
    async addSecret(port = postgres.port) {
      const login = await freshRole(postgres);
      return world.addSecret({ name: `bench/${login.username}`, value: { port, ...login } });
    },
    addFunction: (options = {}) =>
      world.addFunction({
        ...{ ownProcess: true, functionName: `bench-${functions++}`, files, timeoutSeconds: 300, memorySize },
        ...options,
      }),
    async rotate(secret, { functionArn }) {
      const outcome = await secret.rotate(undefined, { RotationLambdaARN: functionArn });
      if (!outcome.succeeded) throw new Error(`Rotation of ${secret.name} failed: ${outcome.failure}`);
      return outcome.durationMs;
    },
    async stop() {
      await world.close();
      await postgres.stop();
    },
  };
}
