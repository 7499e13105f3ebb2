import fc from "fast-check";
import type { ServiceRules } from "../../emulators/secrets-manager";
import { scenarios } from "../world/scenario";

/** Milliseconds, longer than a step takes, so that the reads of a step do not show the write of the step before. */
const lagMs = 60;

/** Faults at a single effect of a rotation, at Secrets Manager and at PostgreSQL. */
export const faultKinds = [
  /** The process dies before the effect, or after it. */
  "crash before",
  "crash after",
  /** The request is lost, or the answer. */
  "request lost",
  "answer lost",
  /** Half of PostgreSQL's answer arrives. Secrets Manager's answer is lost. */
  "answer cut in the middle",
  /** A temporary error: throttling, or a connection that the administrator ends. */
  "hiccup",
  /** Secrets Manager answers 500. PostgreSQL is starting up. */
  "outage",
  /** A read shows the state before the latest write. Has no effect at PostgreSQL. */
  "stale read",
  /** The request arrives at the end of the attempt, after the function has given it up. */
  "late",
  /** An operator stores a pending value with another token, before the rotation reads its own. */
  "another pending",
  /** An operator stores AWSCURRENT's value with another key, as the console's Edit does. */
  "edit",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface PlannedFault {
  readonly kind: FaultKind;
  /** The effect of the attempt, counted from 0. A change by hand happens at this effect or a later one. */
  readonly effect: number;
  /** How many effects in a row. */
  readonly times: number;
}

/** Conditions that last until the next one. */
export const conditions = [
  "none",
  "read-only",
  "too many connections",
  "starting up",
  "unreachable",
  "foreign certificate",
  "throttled",
  "denied",
] as const;
export type Condition = (typeof conditions)[number];

/** What operators do to the secret and the database, and the commands that they run. */
export const operatorActions = [
  "change the password in the database",
  "cancel the rotation",
  "take AWSPENDING off",
  "move AWSCURRENT to the previous version",
  "move AWSCURRENT to the pending version",
  "schedule the secret's deletion",
  "restore the secret",
  "store half-written JSON as pending",
  "store another user's name as pending",
  "store another pending value",
  "edit AWSCURRENT",
  "run status",
  "run rotate",
  "run recover",
] as const;
export type OperatorAction = (typeof operatorActions)[number];

export type PlannedEvent =
  | { readonly kind: "attempt"; readonly faults: readonly PlannedFault[] }
  | { readonly kind: "two concurrent attempts"; readonly faults: readonly PlannedFault[] }
  | { readonly kind: "condition"; readonly condition: Condition }
  | { readonly kind: "action"; readonly action: OperatorAction };

export interface SoakPlan {
  readonly strategy: string;
  /** The variants of the service's rules that no recording proves. */
  readonly rules: Partial<ServiceRules>;
  readonly events: readonly PlannedEvent[];
}

const fault: fc.Arbitrary<PlannedFault> = fc.record({
  kind: fc.constantFrom(...faultKinds),
  effect: fc.nat({ max: 20 }),
  times: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 5 }) }),
});

const faults = fc.array(fault, { maxLength: 3 });

/**
 * Excludes changes by hand: one of the two attempts may already have read the pending value that would lose its label.
 */
const faultsOfTwo = faults.map((all) => all.filter(({ kind }) => kind !== "another pending" && kind !== "edit"));

const event: fc.Arbitrary<PlannedEvent> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("attempt" as const), faults }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("two concurrent attempts" as const), faults: faultsOfTwo }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("condition" as const), condition: fc.constantFrom(...conditions) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("action" as const), action: fc.constantFrom(...operatorActions) }),
  },
);

const rules: fc.Arbitrary<Partial<ServiceRules>> = fc.record({
  removesPendingAfterRotation: fc.boolean(),
  reattemptsAfterRefusal: fc.boolean(),
  readLagMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(lagMs) }),
});

/** Random plans: attempts at rotation with faults, and other events between them. */
export const plans: fc.Arbitrary<SoakPlan> = fc.record({
  strategy: fc.constantFrom(...scenarios.map(({ name }) => name)),
  rules,
  events: fc.array(event, { minLength: 1, maxLength: 8 }),
});
