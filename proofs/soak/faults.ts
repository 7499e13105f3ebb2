import { type Effect, postgresError, serviceError, type Watcher } from "../world/effects";
import type { Harness } from "../world/harness";
import type { FaultKind, PlannedFault } from "./plan";

/** Requests that are on the way when everybody has given them up, until {@link Late.arrive}. */
export class Late {
  #waiting: (() => void)[] = [];
  #over: Promise<void>[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A request whose end {@link arrive} waits for. @returns what to call then */
  open(): () => void {
    let close = (): void => undefined;
    this.#over.push(new Promise((resolve) => (close = resolve)));
    return () => close();
  }

  /** Lets them arrive, and waits until the server has carried them out. @returns whether there were any */
  async arrive(): Promise<boolean> {
    const waiting = this.#waiting.splice(0);
    for (const go of waiting) go();
    await Promise.all(this.#over.splice(0));
    // At Secrets Manager a request has its effect in the same turn of the event loop as it goes on.
    await new Promise(setImmediate);
    return waiting.length > 0;
  }
}

/** What people do by hand in the midst of a step. */
export interface ByHand {
  storePending(): Promise<void>;
  editCurrent(effect: Effect): Promise<void>;
}

/** Carries out the faults of one attempt, by the order in which its effects come. */
export function watcherOf(stand: Harness, faults: readonly PlannedFault[], late: Late, byHand: ByHand): Watcher {
  let count = 0;
  const another = faults.find(({ kind }) => kind === "another pending");
  const edit = faults.find(({ kind }) => kind === "edit");
  let stored = false;
  let edited = false;
  const hits = new WeakMap<Effect, FaultKind>();
  const crash = (): undefined => stand.kill() as undefined;
  const meanwhile = async (work: () => Promise<void>): Promise<void> => {
    stand.effects.pause();
    await work();
    stand.effects.resume();
  };

  return {
    async before(effect) {
      const index = count++;
      if (!stored && another !== undefined && index >= another.effect && readsPending(effect)) {
        stored = true;
        await meanwhile(byHand.storePending);
      }
      if (!edited && edit !== undefined && index >= edit.effect) {
        edited = true;
        await meanwhile(() => byHand.editCurrent(effect));
      }
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
          return atPostgres
            ? postgresError("57P01", "terminating connection due to administrator command")
            : throttling;
        case "outage":
          return atPostgres ? postgresError("57P03", "the database system is starting up") : internalError;
        case "stale read":
          // Seen late, what a person has stored would be something that was stored after this rotation's reads.
          return isRead(effect) && !stored && !edited ? { kind: "service", fault: { kind: "stale" } } : undefined;
        case "late":
          if (atPostgres) {
            return { kind: "connection", fault: { kind: "late", until: late.wait(), over: late.open() } };
          }
          await late.wait();
          return undefined;
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
          return effect.at === "PostgreSQL" ? { kind: "connection", fault: { kind: "half" } } : { kind: "drop" };
        default:
          return undefined;
      }
    },
  };
}

const throttling = serviceError("ThrottlingException", "Rate exceeded");
const internalError = serviceError("InternalServiceError", "An error occurred on the server side.", 500);

/** In `setSecret`: after it, the pending password is in force, and nobody may take its label away. */
function readsPending({ step, name }: Effect): boolean {
  return step === "setSecret" && name.startsWith("GetSecretValue AWSPENDING");
}

function isRead({ at, name }: Effect): boolean {
  return at === "Secrets Manager" && /^(Get|Describe)/.test(name);
}
