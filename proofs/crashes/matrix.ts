import type { FunctionUnderTest } from "../../emulators/lambda/functionUnderTest";
import { startLambda } from "../../emulators/lambda/lambda";
import { loadFunction } from "../../emulators/lambda/loadedFunction";
import type { Postgres } from "../../emulators/postgres/postgres";
import type { ServiceRules } from "../../emulators/secrets-manager";
import { archive } from "../world/archive";
import { type Effect, keyOf } from "../world/effects";
import type { Ledger } from "../world/ledger";
import { type Stand, startStand } from "../world/stand";
import type { Strategy } from "../world/subject";
import { type CrashResult, type Mode, modes, record, suffer } from "./crash";

export interface MatrixOptions {
  readonly postgres: Postgres;
  readonly ledger: Ledger;
  readonly strategies: readonly Strategy[];
  /**
   * Whether the function has a process of its own, which is killed, or runs in this one, where its death is that
   * nothing it does has an effect any more. The second takes a fraction of the time. @default true
   */
  readonly processes?: boolean;
  /** @default all */
  readonly modes?: readonly Mode[];
  /** Which effects to strike. @default all */
  readonly only?: (effect: Effect) => boolean;
  /** Which side of its weakly evidenced rules the service follows. */
  readonly rules?: Partial<ServiceRules>;
  /** How many crashes are suffered at once, each with a Secrets Manager and a process of its own. @default 4 */
  readonly stands?: number;
  readonly onRecorded?: (strategy: Strategy, effects: readonly Effect[]) => void;
  readonly onResult?: (result: CrashResult) => void;
}

export interface Matrix {
  /** By the strategy's name. */
  readonly effects: Readonly<Record<string, readonly Effect[]>>;
  readonly results: readonly CrashResult[];
  /** All that the function wrote, over all its processes. */
  readonly log: readonly string[];
}

/** Suffers every crash: each effect of each strategy's recorded rotation, in each mode. */
export async function runMatrix(options: MatrixOptions): Promise<Matrix> {
  const { postgres, ledger, strategies } = options;
  const files = archive(postgres.ca);
  const log: string[] = [];
  const onLog = (line: string): void => void log.push(line);
  const start = (environment: Record<string, string>): FunctionUnderTest =>
    options.processes === false
      ? loadFunction({ files, environment, onLog })
      : startLambda({
          ...{ files, handler: "index.handler", functionName: "rotation", timeoutSeconds: 30, memorySize: 256, onLog },
          environment: { ...environment, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
        });
  const stands: Stand[] = await Promise.all(
    Array.from({ length: options.stands ?? 4 }, () =>
      startStand({ postgres, ledger, start, rules: options.rules ?? {} }),
    ),
  );
  try {
    const effects: Record<string, readonly Effect[]> = {};
    await Promise.all(
      strategies.map(async (strategy, index) => {
        const stand = stands[index % stands.length];
        if (stand === undefined) throw new Error("there are no stands");
        const recorded = await record(stand, strategy);
        effects[strategy.name] = recorded;
        options.onRecorded?.(strategy, recorded);
      }),
    );
    // Not one strategy after the other: what an interrupted run shows is then something of each.
    const crashes = strategies.flatMap((strategy) =>
      (effects[strategy.name] ?? [])
        .filter(options.only ?? (() => true))
        .flatMap((effect) => (options.modes ?? modes).map((mode) => ({ strategy, effect, mode }))),
    );
    const results: CrashResult[] = [];
    await Promise.all(
      stands.map(async (stand) => {
        for (let crash = crashes.shift(); crash !== undefined; crash = crashes.shift()) {
          const result = await suffer(stand, crash);
          results.push(result);
          options.onResult?.(result);
        }
      }),
    );
    results.sort((a, b) => keyOf(a.crash.effect).localeCompare(keyOf(b.crash.effect)));
    return { effects, results, log };
  } finally {
    await Promise.all(stands.map((stand) => stand.close()));
  }
}
