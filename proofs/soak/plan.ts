import fc from "fast-check";
import type { ServiceRules } from "../../emulators/secrets-manager";
import { scenarios } from "../world/scenario";

/** Longer than a step takes, so that a step's reads do not show the write before it. */
const lagMs = 60;

/** What can befall a single effect of a rotation, at Secrets Manager and at PostgreSQL. */
export const faultKinds = [
  /** The process dies before the effect, or after it. */
  "crash before",
  "crash after",
  /** The request gets lost, or the answer. */
  "request lost",
  "answer lost",
  /** PostgreSQL's answer stops half-way; Secrets Manager's is lost. */
  "answer cut in the middle",
  /** One error that goes away: throttling; a connection that the administrator ends. */
  "hiccup",
  /** Secrets Manager answers 500; PostgreSQL starts up or shuts down. */
  "outage",
  /** A read sees the state from before the latest write. At PostgreSQL: nothing. */
  "stale read",
  /** The request arrives when everybody has given it up: at the end of the attempt. */
  "late",
  /** Somebody stores a pending value of their own, under another token, before the rotation reads its own. */
  "another pending",
  /** Somebody stores a value, as the console's Edit does: AWSCURRENT's own with another key. */
  "edit",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface PlannedFault {
  readonly kind: FaultKind;
  /** Which effect of the attempt it hits, counted from 0; of what somebody does: from which on. */
  readonly effect: number;
  /** How many effects in a row. */
  readonly times: number;
}

/** What lasts until it is changed. */
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

/** What people do to the secret and the database behind the rotation's back, and the commands that they run. */
export const deeds = [
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
export type Deed = (typeof deeds)[number];

export type Act =
  | { readonly kind: "attempt"; readonly faults: readonly PlannedFault[] }
  | { readonly kind: "two attempts at once"; readonly faults: readonly PlannedFault[] }
  | { readonly kind: "condition"; readonly condition: Condition }
  | { readonly kind: "deed"; readonly deed: Deed };

export interface Plan {
  readonly strategy: string;
  /** Which side of the rules without a recording the service follows. */
  readonly rules: Partial<ServiceRules>;
  readonly acts: readonly Act[];
}

const fault: fc.Arbitrary<PlannedFault> = fc.record({
  kind: fc.constantFrom(...faultKinds),
  effect: fc.nat({ max: 20 }),
  times: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 5 }) }),
});

const faults = fc.array(fault, { maxLength: 3 });

/** Of two attempts, one may have read its pending value already: taking the label off it then is what nobody may do. */
const faultsOfTwo = faults.map((all) => all.filter(({ kind }) => kind !== "another pending" && kind !== "edit"));

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("attempt" as const), faults }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("two attempts at once" as const), faults: faultsOfTwo }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("condition" as const), condition: fc.constantFrom(...conditions) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("deed" as const), deed: fc.constantFrom(...deeds) }) },
);

const rules: fc.Arbitrary<Partial<ServiceRules>> = fc.record({
  removesPendingAfterRotation: fc.boolean(),
  reattemptsAfterRefusal: fc.boolean(),
  readLagMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(lagMs) }),
});

/** A secret's life: attempts at rotation with what goes wrong in them, and what happens in between. */
export const plans: fc.Arbitrary<Plan> = fc.record({
  strategy: fc.constantFrom(...scenarios.map(({ name }) => name)),
  rules,
  acts: fc.array(act, { minLength: 1, maxLength: 8 }),
});
