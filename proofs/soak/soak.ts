import fc from "fast-check";
import { createAuthority } from "../../emulators/postgres/certificates";
import type { Postgres } from "../../emulators/postgres/postgres";
import type { ServiceRules } from "../../emulators/secrets-manager";
import { startHarness } from "../world/harness";
import { findLeaks, type Leak, Ledger } from "../world/ledger";
import { scenarios } from "../world/scenario";
import type { Surroundings } from "./conditions";
import { Life } from "./life";
import { type Plan, plans } from "./plan";

export interface SoakOptions {
  readonly postgres: Postgres;
  readonly seed: number;
  /** The first run's index. A run depends on the seed and its index only, not on the runs before it. */
  readonly from: number;
  readonly runs: number;
  /** Rules that all runs have, in place of their own choice. */
  readonly rules?: Partial<ServiceRules>;
  /** How many runs are under way at once. @default 12 */
  readonly stands?: number;
  readonly onRun?: (index: number, failure?: SoakFailure) => void;
  /** Looked at before each run: true ends the soak. */
  readonly stop?: () => boolean;
}

export interface SoakFailure {
  readonly index: number;
  /** The smallest plan found that still fails. */
  readonly plan: Plan;
  readonly error: string;
  /** What failed before the plan was made smaller: it need not be the same. */
  readonly firstError: string;
}

export interface SoakReport {
  readonly failures: readonly SoakFailure[];
  readonly leaks: readonly Leak[];
  readonly passwords: number;
  readonly verifiers: number;
}

/** Lives through random plans, and looks for credentials in all that was written meanwhile. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { postgres, seed, from, runs, onRun } = options;
  const ledger = new Ledger();
  const log: string[] = [];
  const output: string[] = [];
  const failures: SoakFailure[] = [];
  const logFrom = postgres.log().length;
  const foreign = await (await createAuthority("Somebody Else")).issue({ hostnames: ["localhost"] });
  let next = from;

  const work = async (): Promise<void> => {
    const stand = await startHarness({ postgres, ledger, function: { onLog: (line) => void log.push(line) } });
    try {
      while (next < from + runs && !options.stop?.()) {
        const index = next++;
        const failure = await run(
          index,
          seed,
          { stand, foreign, onOutput: (text) => void output.push(text) },
          options.rules ?? {},
        );
        if (failure !== undefined) failures.push(failure);
        onRun?.(index, failure);
      }
    } finally {
      await stand.close();
    }
  };
  await Promise.all(Array.from({ length: options.stands ?? 12 }, work));

  const errors = failures.map(({ error }) => error);
  const texts = {
    function: log.join("\n"),
    commands: output.join(""),
    errors: errors.join("\n"),
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
  surroundings: Surroundings,
  rules: Partial<ServiceRules>,
): Promise<SoakFailure | undefined> {
  let firstError = "";
  const property = fc.asyncProperty(plans, async (plan) => {
    try {
      await live({ ...plan, rules: { ...plan.rules, ...rules } }, surroundings);
    } catch (error) {
      firstError ||= error instanceof Error ? error.message : String(error);
      throw error;
    }
  });
  const details = await fc.check(property, {
    ...{ numRuns: 1, interruptAfterTimeLimit: 120_000 },
    // The golden ratio's multiple spreads neighbouring indices over all seeds.
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

/** One plan, from a fresh secret to its recovery. @throws AssertionError what did not hold */
export async function live(plan: Plan, surroundings: Surroundings): Promise<void> {
  const scenario = scenarios.find(({ name }) => name === plan.strategy);
  if (scenario === undefined) throw new Error(`there is no strategy ${plan.strategy}`);
  // The life before may have left a service whose reads lag.
  surroundings.stand.service.setRules();
  const subject = await surroundings.stand.prepare(scenario);
  await subject.register(undefined, { RotateImmediately: false });
  const life = new Life(surroundings, scenario, subject, plan.rules);
  for (const act of plan.acts) await life.take(act);
  await life.recover();
  // Each write to the stand-in copies all that is there, for stale reads.
  surroundings.stand.service.store.secrets.clear();
}
