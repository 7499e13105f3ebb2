import type { Effect, Strike, Watcher } from "../effects";
import type { Stand } from "../stand";
import type { Fault, FaultKind } from "./plan";

/** Requests that are on the way when everybody has given them up, until {@link Late.arrive}. */
export class Late {
  #waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** @returns whether there were any */
  arrive(): boolean {
    const waiting = this.#waiting.splice(0);
    for (const go of waiting) go();
    return waiting.length > 0;
  }
}

/** Carries out the faults of one attempt, by the order in which its effects come. */
export function watcherOf(stand: Stand, faults: readonly Fault[], late: Late): Watcher {
  let count = 0;
  const hits = new WeakMap<Effect, FaultKind>();
  const crash = (): undefined => stand.kill() as undefined;

  return {
    async before(effect) {
      const index = count++;
      const kind = faults.find((fault) => index >= fault.effect && index < fault.effect + fault.times)?.kind;
      if (kind === undefined) return undefined;
      hits.set(effect, kind);
      const atPostgres = effect.at === "PostgreSQL";
      switch (kind) {
        case "crash before":
          return crash();
        case "request lost":
          return { kind: "drop" };
        case "hiccup":
          return atPostgres ? pgError("57P01", "terminating connection due to administrator command") : throttling;
        case "outage":
          return atPostgres ? pgError("57P03", "the database system is starting up") : internalError;
        case "stale read":
          return isRead(effect) ? { kind: "fault", fault: { kind: "stale" } } : undefined;
        case "late":
          return atPostgres
            ? { kind: "disturbance", disturbance: { kind: "late", until: late.wait() } }
            : { kind: "drop" };
        default:
          return undefined;
      }
    },
    async after(effect) {
      switch (hits.get(effect)) {
        case "crash after":
          return crash();
        case "answer lost":
          return { kind: "drop" };
        case "answer cut in the middle":
          return effect.at === "PostgreSQL" ? { kind: "disturbance", disturbance: { kind: "half" } } : { kind: "drop" };
        default:
          return undefined;
      }
    },
  };
}

/** An error of Secrets Manager in place of the effect. */
export function fault(type: string, message: string, status = 400): Strike {
  return { kind: "fault", fault: { kind: "error", type, message, status } };
}

const throttling = fault("ThrottlingException", "Rate exceeded");
const internalError = fault("InternalServiceError", "An error occurred on the server side.", 500);

export function pgError(sqlState: string, message: string): Strike {
  return { kind: "disturbance", disturbance: { kind: "error", sqlState, message } };
}

function isRead({ at, name }: Effect): boolean {
  return at === "Secrets Manager" && /^(Get|Describe)/.test(name);
}
