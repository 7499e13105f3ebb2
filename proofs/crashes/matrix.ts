import type { Postgres } from "../../emulators/postgres/postgres";
import type { ServiceRules } from "../../emulators/secrets-manager";
import { type Effect, keyOf } from "../world/effects";
import { startHarness } from "../world/harness";
import type { Ledger } from "../world/ledger";
import type { Scenario } from "../world/scenario";
import { type CrashResult, type Mode, modes, record, runCrash } from "./crash";

export interface MatrixOptions {
  readonly postgres: Postgres;
  readonly ledger: Ledger;
  readonly scenarios: readonly Scenario[];
  /**
   * Whether the function runs in a process of its own, which is killed. In this process, which is faster, a kill is
   * simulated: all further requests are discarded. @default true
   */
  readonly processes?: boolean;
  /** @default all */
  readonly modes?: readonly Mode[];
  /** Which effects get a fault. @default all */
  readonly only?: (effect: Effect) => boolean;
  /** Variants of the service's rules that no recording proves. */
  readonly rules?: Partial<ServiceRules>;
  /** How many crashes run at the same time, each with a Secrets Manager and a function of its own. @default 4 */
  readonly harnesses?: number;
  /** @param total number of all crashes */
  readonly onResult?: (result: CrashResult, total: number) => void;
}

export type Matrix = Awaited<ReturnType<typeof runMatrix>>;

/** Runs every crash: each effect of each scenario's recorded rotation, in each mode. */
export async function runMatrix(options: MatrixOptions) {
  const { postgres, ledger, scenarios } = options;
  const harnesses = await Promise.all(
    Array.from({ length: options.harnesses ?? 4 }, () =>
      startHarness({
        ...{ postgres, ledger, retries: 4, rules: options.rules ?? {} },
        function: {
          ownProcess: options.processes ?? true,
          environment: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
        },
      }),
    ),
  );
  try {
    /** Name of the scenario → effects. */
    const effects: Record<string, readonly Effect[]> = {};
    const remaining = scenarios.values();
    await Promise.all(
      harnesses.map(async (harness) => {
        for (const scenario of remaining) effects[scenario.name] = await record(harness, scenario);
      }),
    );
    const crashes = scenarios.flatMap((scenario) =>
      (effects[scenario.name] ?? [])
        .filter(options.only ?? (() => true))
        .flatMap((effect) => (options.modes ?? modes).map((mode) => ({ scenario, effect, mode }))),
    );
    const queue = crashes.values();
    const results: CrashResult[] = [];
    await Promise.all(
      harnesses.map(async (harness) => {
        for (const crash of queue) {
          const result = await runCrash(harness, crash);
          results.push(result);
          options.onResult?.(result, crashes.length);
        }
      }),
    );
    results.sort((a, b) => keyOf(a.crash.effect).localeCompare(keyOf(b.crash.effect)));
    /** `log`: of all functions. */
    return { effects, results, log: harnesses.flatMap(({ log }) => log) };
  } finally {
    await Promise.all(harnesses.map((harness) => harness.close()));
  }
}
