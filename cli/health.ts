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
  /** True if no action is needed. */
  readonly ok: boolean;
  /** The cause, and what to do if an action is needed. */
  readonly detail: string;
}

/** A rotation takes seconds, or a minute if Lambda must create the function's network interfaces again. */
const graceMs = 60_000;
/** The same tolerance as in the function's age check. */
const overdueMs = 86_400_000;

/** The detail of a healthy secret that needs no word. */
export const complete = "the last rotation is complete";

/** Judges a rotation by the secret's labels and dates. They do not show whether AWSCURRENT logs in. */
export function healthOf(state: SecretState, now: Date): Health {
  const since = (date: Date | undefined): number => (date === undefined ? 0 : now.getTime() - date.getTime());
  const bad = (verdict: Verdict, detail: string): Health => ({ verdict, ok: false, detail });

  if (state.deletedAt) {
    return bad(
      "being deleted",
      `it is scheduled for deletion: \`aws secretsmanager restore-secret --secret-id ${state.name}\` restores it`,
    );
  }
  if (labelled(state.versions, "AWSCURRENT") === undefined) {
    const remedy =
      state.versions.length === 0 ? "store a value" : "`npm run ops -- recover` finds the one that logs in";
    return bad("no current version", `no version has AWSCURRENT: ${remedy}`);
  }
  const pending = unfinished(state.versions);
  if (pending !== undefined) {
    // Before createSecret stores a value, no list has the version's date; the secret's last change was RotateSecret.
    const began = pending.createdAt ?? state.changedAt;
    const waited = since(began);
    // A version with AWSPREVIOUS was current before: AWSCURRENT was moved back, and AWSPENDING stayed on the version.
    const fresh = began !== undefined && waited < graceMs && !pending.labels.includes("AWSPREVIOUS");
    return fresh && state.rotation === "on"
      ? {
          verdict: "rotating",
          ok: true,
          detail: `AWSPENDING was put on another version ${Math.round(waited / 1000)} s ago`,
        }
      : bad("stuck", "AWSPENDING is on a version that did not become AWSCURRENT: `npm run ops -- recover`");
  }
  if (state.rotation === "never") return bad("rotation off", "no rotation is configured: deploy the stack");
  if (state.rotation === "off") return bad("rotation off", "rotation was turned off: `npm run ops -- recover`");
  const byHand = changeByHand(state);
  if (byHand !== undefined)
    return bad("changed by hand", `${byHand}: \`npm run ops -- recover\` finds out which version logs in`);
  if (since(state.nextRotationAt) > overdueMs) {
    return bad("overdue", "the next rotation is more than a day late: `npm run ops -- rotate` shows why");
  }
  if (state.lastRotatedAt === undefined) {
    return bad("never rotated", "no rotation has succeeded yet: `npm run ops -- rotate` shows why");
  }
  const { createdAt } = labelled(state.versions, "AWSCURRENT") ?? {};
  // A rotation's version is older than the date of its rotation. The value of a later one may have any password.
  const stored = createdAt !== undefined && createdAt > state.lastRotatedAt;
  const detail = stored ? `${complete}; AWSCURRENT was stored after it: \`npm run ops -- verify\` logs in` : complete;
  return { verdict: "healthy", ok: true, detail };
}
