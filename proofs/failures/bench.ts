import { randomUUID } from "node:crypto";
import { loadFunction } from "../../emulators/lambda/loadedFunction";
import type { Postgres } from "../../emulators/postgres/postgres";
import type { InvocationOutcome, RotationStep } from "../../emulators/secrets-manager";
import { archive } from "../world/archive";
import { Ledger } from "../world/ledger";
import { type Stand, startStand } from "../world/stand";
import { type Subject, strategies } from "../world/subject";

/** What a test breaks. */
export interface Setting {
  readonly stand: Stand;
  readonly subject: Subject;
  readonly token: string;
}

/** One registered rotation whose steps a test takes, with the whole way to PostgreSQL under its hands. */
export interface Bench {
  readonly setting: Setting;
  /** What the function wrote. */
  readonly log: readonly string[];
  take(step: RotationStep, event?: object): Promise<InvocationOutcome>;
  /** Takes the steps before this one. */
  takeUpTo(step: RotationStep): Promise<void>;
  close(): Promise<void>;
}

export async function openBench(
  postgres: Postgres,
  options: { readonly strategy: string; readonly timeoutSeconds?: number | undefined; readonly environment?: object },
): Promise<Bench> {
  const strategy = strategies.find(({ name }) => name === options.strategy);
  if (strategy === undefined) throw new Error(`there is no strategy ${options.strategy}`);
  const log: string[] = [];
  const stand = await startStand({
    ...{ postgres, ledger: new Ledger(), retries: 0 },
    start: (environment) =>
      loadFunction({
        ...{ files: archive(postgres.ca), onLog: (line) => void log.push(line) },
        environment: { ...environment, ...options.environment },
        ...(options.timeoutSeconds !== undefined && { timeoutSeconds: options.timeoutSeconds }),
      }),
  });
  const subject = await stand.prepare(strategy);
  const token = randomUUID();
  await stand.register(subject.secretId, token);
  const take = (Step: RotationStep, event: object = {}): Promise<InvocationOutcome> =>
    stand.take({ Step, SecretId: subject.secretId, ClientRequestToken: token, ...event });
  return {
    ...{ setting: { stand, subject, token }, log, take },
    async takeUpTo(step) {
      for (const earlier of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
        if (earlier === step) return;
        const outcome = await take(earlier);
        if (!outcome.ok) throw new Error(`${earlier} failed: ${outcome.errorMessage}`);
      }
    },
    close: () => stand.close(),
  };
}
