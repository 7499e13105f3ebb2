import { rotationFunctionFiles } from "../build/bundle";
import type { Lambda } from "../emulators/lambda/lambda";
import { type PostgresOptions, startPostgres } from "../emulators/postgres/postgres";
import { freshRole } from "../proofs/world/sharedPostgres";
import type { TestSecret } from "../proofs/world/testSecret";
import { type FunctionOptions, startWorld } from "../proofs/world/world";

/** Megabytes: the default of `function.memorySize`. */
export const memorySize = 256;

export type BenchWorld = Awaited<ReturnType<typeof startBenchWorld>>;

/** A database, a Secrets Manager, and the archive that the stack deploys. */
export async function startBenchWorld(options: PostgresOptions = {}) {
  const postgres = await startPostgres(options);
  const world = await startWorld({ postgres });
  const files = rotationFunctionFiles("us-east-1", postgres.ca);
  let functions = 0;
  return {
    ...{ postgres, service: world.service },
    /** The archive of the rotation function: file name to content. */
    files,
    /** Creates a role, and a secret with its password. @param port of the database in the secret */
    async addSecret(port = postgres.port): Promise<TestSecret> {
      const login = await freshRole(postgres);
      return world.addSecret({ name: `bench/${login.username}`, value: { port, ...login } });
    },
    /** Starts a function in its own process. @param options default to the deployed archive and the service */
    addFunction: (options: FunctionOptions = {}): Lambda =>
      world.addFunction({
        ...{ ownProcess: true, functionName: `bench-${functions++}`, files, timeoutSeconds: 300, memorySize },
        ...options,
      }),
    /** @returns milliseconds @throws Error if the first attempt fails */
    async rotate(secret: TestSecret, { functionArn }: Lambda): Promise<number> {
      const outcome = await secret.rotate(undefined, { RotationLambdaARN: functionArn });
      if (!outcome.succeeded) throw new Error(`Rotation of ${secret.name} failed: ${outcome.failure}`);
      return outcome.durationMs;
    },
    async stop(): Promise<void> {
      await world.close();
      await postgres.stop();
    },
  };
}
