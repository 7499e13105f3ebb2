import { type Effect, postgresError, serviceError, type Watcher } from "../world/effects";
import type { Harness } from "../world/harness";
import type { FaultKind, PlannedFault } from "./plan";

/** Requests that arrive after the function has given them up, when {@link LateRequests.release} is called. */
export class LateRequests {
  #waiting: (() => void)[] = [];
  #ends: Promise<void>[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Adds a request whose end {@link release} waits for. @returns the function to call at its end */
  open(): () => void {
    let close = (): void => undefined;
    this.#ends.push(new Promise((resolve) => (close = resolve)));
    return () => close();
  }

  /** Lets the requests arrive, and waits until the server has executed them. @returns whether there were any */
  async release(): Promise<boolean> {
    const waiting = this.#waiting.splice(0);
    for (const go of waiting) go();
    await Promise.all(this.#ends.splice(0));
    // The emulator of Secrets Manager executes a request in the turn of the event loop in which it arrives.
    await new Promise(setImmediate);
    return waiting.length > 0;
  }
}

/** Changes by hand during a step. */
export interface ManualChanges {
  storePending(): Promise<void>;
  editCurrent(effect: Effect): Promise<void>;
}

/** Injects the faults of one attempt, by the order of its effects. */
export function faultWatcher(
  harness: Harness,
  faults: readonly PlannedFault[],
  late: LateRequests,
  byHand: ManualChanges,
): Watcher {
  let count = 0;
  const anotherPending = faults.find(({ kind }) => kind === "another pending");
  const edit = faults.find(({ kind }) => kind === "edit");
  let stored = false;
  let edited = false;
  const faultsByEffect = new WeakMap<Effect, FaultKind>();
  const crash = (): undefined => harness.kill() as undefined;

  return {
    async before(effect) {
      const index = count++;
      if (!stored && anotherPending !== undefined && index >= anotherPending.effect && readsPending(effect)) {
        stored = true;
        await harness.effects.runUnwatched(byHand.storePending);
      }
      if (!edited && edit !== undefined && index >= edit.effect) {
        edited = true;
        await harness.effects.runUnwatched(() => byHand.editCurrent(effect));
      }
      const kind = faults.find((fault) => index >= fault.effect && index < fault.effect + fault.times)?.kind;
      if (kind === undefined) return undefined;
      faultsByEffect.set(effect, kind);
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
          // With a change by hand, a stale read would be the same as a change after the read.
          return isRead(effect) && !stored && !edited ? { kind: "service", fault: { kind: "stale" } } : undefined;
        case "late":
          if (atPostgres) {
            return { kind: "connection", fault: { kind: "late", until: late.wait(), onExecuted: late.open() } };
          }
          await late.wait();
          return undefined;
        default:
          return undefined;
      }
    },
    async after(effect) {
      switch (faultsByEffect.get(effect)) {
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

/** In `setSecret`: after it, the pending password is set, and its version must keep its label. */
function readsPending({ step, name }: Effect): boolean {
  return step === "setSecret" && name.startsWith("GetSecretValue AWSPENDING");
}

function isRead({ at, name }: Effect): boolean {
  return at === "Secrets Manager" && /^(Get|Describe)/.test(name);
}
