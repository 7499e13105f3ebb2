import { changeByHand, labelled, type SecretState, unfinished } from "./secretState";

export type Verdict =
  | "healthy"
  | "rotating"
  | "stuck"
  | "changed by hand"
  | "overdue"
  | "never rotated"
  | "rotation off"
  | "no current version"
  | "being deleted";

export interface Health {
  readonly verdict: Verdict;
  /** Whether nobody has to do anything. */
  readonly ok: boolean;
  /** One sentence: why, and what to do where something is to be done. */
  readonly detail: string;
}

/** A rotation takes seconds, and a minute where the function's network interfaces have to be made again. */
const graceMs = 60_000;
/** What the function's own look allows, too. */
const overdueMs = 86_400_000;

/** What a secret's labels and dates say of its rotation. They say nothing of whether its password logs in. */
export function healthOf(state: SecretState, now: Date): Health {
  const since = (date: Date | undefined): number => (date === undefined ? 0 : now.getTime() - date.getTime());
  const bad = (verdict: Verdict, detail: string): Health => ({ verdict, ok: false, detail });

  if (state.deletedAt) {
    return bad("being deleted", "it is scheduled for deletion: `aws secretsmanager restore-secret` brings it back");
  }
  if (labelled(state.versions, "AWSCURRENT") === undefined) {
    return bad("no current version", "no version has AWSCURRENT: `npm run ops -- recover` finds the one that logs in");
  }
  const pending = unfinished(state.versions);
  if (pending !== undefined) {
    // Before createSecret has stored a value, the version is listed nowhere with its date: RotateSecret was the change.
    const began = pending.createdAt ?? state.changedAt;
    const waited = since(began);
    // A version with AWSPREVIOUS was current before: somebody has moved AWSCURRENT back, and AWSPENDING was left on it.
    const fresh = began !== undefined && waited < graceMs && !pending.labels.includes("AWSPREVIOUS");
    return fresh && state.rotation === "on"
      ? { verdict: "rotating", ok: true, detail: `a rotation began ${Math.round(waited / 1000)} s ago` }
      : bad("stuck", "AWSPENDING is on a version that did not become AWSCURRENT: `npm run ops -- recover`");
  }
  if (state.rotation === "never") return bad("rotation off", "no rotation was ever configured: deploy the stack");
  if (state.rotation === "off") return bad("rotation off", "rotation was turned off: `npm run ops -- recover`");
  const byHand = changeByHand(state);
  if (byHand !== undefined)
    return bad("changed by hand", `${byHand}: \`npm run ops -- recover\` finds out what logs in`);
  if (since(state.nextRotationAt) > overdueMs) {
    return bad("overdue", "the next rotation is over a day past its date: `npm run ops -- rotate` shows why");
  }
  if (state.lastRotatedAt === undefined) {
    return bad("never rotated", "no rotation has succeeded so far: `npm run ops -- rotate` shows why");
  }
  return { verdict: "healthy", ok: true, detail: "the last rotation is complete" };
}
