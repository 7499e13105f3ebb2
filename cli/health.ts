import { labeledVersion, manualChange, pendingVersionOf, type SecretState } from "./secretState";

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

/** The detail of a healthy secret. The table of `status` omits it. */
export const rotationComplete = "the last rotation is complete";

/** Assesses a rotation by the secret's labels and dates, which do not show whether AWSCURRENT logs in. */
export function healthOf(state: SecretState, now: Date): Health {
  const since = (date: Date | undefined): number => (date === undefined ? 0 : now.getTime() - date.getTime());
  const unhealthy = (verdict: Verdict, detail: string): Health => ({ verdict, ok: false, detail });

  if (state.deletedAt) {
    return unhealthy(
      "being deleted",
      `it is scheduled for deletion: \`aws secretsmanager restore-secret --secret-id ${state.name}\` restores it`,
    );
  }
  if (labeledVersion(state.versions, "AWSCURRENT") === undefined) {
    const remedy =
      state.versions.length === 0 ? "store a value" : "`npm run ops -- recover` finds the one that logs in";
    return unhealthy("no current version", `no version has AWSCURRENT: ${remedy}`);
  }
  const pending = pendingVersionOf(state.versions);
  if (pending !== undefined) {
    // Before createSecret stores a value, no call returns the version's date. The secret's last change was RotateSecret.
    const startedAt = pending.createdAt ?? state.changedAt;
    const ageMs = since(startedAt);
    // A version with AWSPREVIOUS was current before: AWSCURRENT was moved back, and AWSPENDING stayed on the version.
    const isRecent = startedAt !== undefined && ageMs < graceMs && !pending.labels.includes("AWSPREVIOUS");
    return isRecent && state.rotation === "on"
      ? {
          verdict: "rotating",
          ok: true,
          detail: `AWSPENDING was put on another version ${Math.round(ageMs / 1000)} s ago`,
        }
      : unhealthy("stuck", "AWSPENDING is on a version that did not become AWSCURRENT: `npm run ops -- recover`");
  }
  if (state.rotation === "never") return unhealthy("rotation off", "no rotation is configured: deploy the stack");
  if (state.rotation === "off") return unhealthy("rotation off", "rotation was turned off: `npm run ops -- recover`");
  const manualChangeText = manualChange(state);
  if (manualChangeText !== undefined)
    return unhealthy(
      "changed by hand",
      `${manualChangeText}: \`npm run ops -- recover\` finds out which version logs in`,
    );
  if (since(state.nextRotationAt) > overdueMs) {
    return unhealthy("overdue", "the next rotation is more than a day late: `npm run ops -- rotate` shows why");
  }
  if (state.lastRotatedAt === undefined) {
    return unhealthy("never rotated", "no rotation has succeeded yet: `npm run ops -- rotate` shows why");
  }
  const { createdAt } = labeledVersion(state.versions, "AWSCURRENT") ?? {};
  // A rotation's version is older than the date of its rotation. A later version was stored by hand, with any password.
  const isStoredLater = createdAt !== undefined && createdAt > state.lastRotatedAt;
  const detail = isStoredLater
    ? `${rotationComplete}; AWSCURRENT was stored after it: \`npm run ops -- verify\` logs in`
    : rotationComplete;
  return { verdict: "healthy", ok: true, detail };
}
