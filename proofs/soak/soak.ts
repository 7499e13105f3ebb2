import fc from "fast-check";
import { createAuthority } from "../../emulators/postgres/certificates";
import type { Postgres } from "../../emulators/postgres/postgres";
import type { ServiceRules } from "../../emulators/secrets-manager";
import { startHarness } from "../world/harness";
import { findLeaks, Ledger } from "../world/ledger";
import { scenarios } from "../world/scenario";
import type { SoakContext } from "./conditions";
import { plans, type SoakPlan } from "./plan";
import { SoakRun } from "./soakRun";

export interface SoakOptions {
  readonly postgres: Postgres;
  readonly seed: number;
  /** Index of the first run. A run depends only on the seed and its index. */
  readonly from: number;
  readonly runs: number;
  /** Rules of the service for all runs. The plan of a run chooses the others. */
  readonly rules?: Partial<ServiceRules>;
  /** How many runs at the same time. @default 12 */
  readonly parallel?: number;
  readonly onRun?: (failure: SoakFailure | undefined) => void;
  /** Called before each run. Returns true to end the soak. */
  readonly stop?: () => boolean;
}

export interface SoakFailure {
  readonly index: number;
  /** The smallest plan found that fails. */
  readonly plan: SoakPlan;
  readonly error: string;
  /** The error of the original plan, which may differ. */
  readonly firstError: string;
}

/** Runs random plans, and searches for credentials in everything that was written. */
export async function soak(options: SoakOptions) {
  const { postgres, seed, from, runs, onRun } = options;
  const ledger = new Ledger();
  const log: string[] = [];
  const output: string[] = [];
  const failures: SoakFailure[] = [];
  const logFrom = postgres.log().length;
  const untrustedCertificate = await (await createAuthority("Untrusted authority")).issue({ hostnames: ["localhost"] });
  let next = from;

  const work = async (): Promise<void> => {
    const harness = await startHarness({ postgres, ledger, function: { onLog: (line) => void log.push(line) } });
    try {
      const context = { harness, untrustedCertificate, onOutput: (text: string) => void output.push(text) };
      while (next < from + runs && !options.stop?.()) {
        const failure = await run(next++, seed, context, options.rules ?? {});
        if (failure !== undefined) failures.push(failure);
        onRun?.(failure);
      }
    } finally {
      await harness.close();
    }
  };
  await Promise.all(Array.from({ length: options.parallel ?? 12 }, work));

  const texts = {
    function: log.join("\n"),
    commands: output.join(""),
    errors: failures.map(({ error }) => error).join("\n"),
    PostgreSQL: (await postgres.completeLog()).slice(logFrom),
  };
  return {
    ...{ failures, leaks: findLeaks(ledger, texts) },
    ...{ passwords: ledger.passwords.size, verifiers: ledger.verifiers.size },
  };
}

async function run(
  index: number,
  seed: number,
  context: SoakContext,
  rules: Partial<ServiceRules>,
): Promise<SoakFailure | undefined> {
  let firstError = "";
  const property = fc.asyncProperty(plans, async (plan) => {
    try {
      await executePlan({ ...plan, rules: { ...plan.rules, ...rules } }, context);
    } catch (error) {
      firstError ||= error instanceof Error ? error.message : String(error);
      throw error;
    }
  });
  const details = await fc.check(property, {
    ...{ numRuns: 1, interruptAfterTimeLimit: 120_000 },
    // A multiple of the golden ratio spreads consecutive indices over all seeds.
    seed: (seed + Math.imul(index, 0x9e3779b1)) | 0,
  });
  if (!details.failed || details.counterexample === null) return undefined;
  const { errorInstance } = details;
  return {
    ...{ index, firstError },
    plan: details.counterexample[0],
    error: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
  };
}

/** Runs one plan, from a new secret to its recovery. @throws AssertionError if a promise does not hold */
async function executePlan(plan: SoakPlan, context: SoakContext): Promise<void> {
  const scenario = scenarios.find(({ name }) => name === plan.strategy);
  if (scenario === undefined) throw new Error(`there is no strategy ${plan.strategy}`);
  // The run before may have left a service with stale reads.
  context.harness.service.setRules();
  const secret = await context.harness.prepare(scenario);
  await secret.register(undefined, { RotateImmediately: false });
  const soakRun = new SoakRun(context, scenario, secret, plan.rules);
  for (const event of plan.events) await soakRun.play(event);
  await soakRun.recover();
  // Each write copies the whole state of the emulator, for stale reads.
  context.harness.service.store.secrets.clear();
}
