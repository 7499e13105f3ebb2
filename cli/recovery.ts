import { remedies } from "../rotation-fn/errors";
import type { Answer, TriedVersion } from "./logins";
import type { SecretState } from "./secretState";
import { labeledVersion, manualChange, pendingVersionOf } from "./secretState";
import { shortVersionId } from "./terminal/terminal";

/** One change. The process may end between any two changes of a plan. */
export type Action =
  /** Turns rotation off, so that no step runs while labels move. */
  | { readonly do: "cancel" }
  /** Moves a label (`to` and `from`), adds it (only `to`) or removes it (only `from`). */
  | { readonly do: "label"; readonly label: string; readonly to?: string; readonly from?: string }
  /** Starts a rotation and follows it, which also turns rotation on. */
  | { readonly do: "rotate" };

export interface RecoveryPlan {
  /** What was found, in one or two sentences. */
  readonly found: string;
  readonly actions: readonly Action[];
  /** What the operator must do first, if this program cannot repair the secret. */
  readonly advice?: string;
}

export interface Situation extends Pick<SecretState, "rotation" | "hasAdmin" | "deletedAt" | "lastRotatedAt"> {
  readonly versions: readonly TriedVersion[];
}

/**
 * Plans the recovery of a secret, by three rules. A version whose password may be valid keeps a label. AWSCURRENT only
 * moves to a version that logs in. Changes by hand to the value of AWSCURRENT, other than the password, are kept.
 */
export function planRecovery(situation: Situation): RecoveryPlan {
  const { versions, rotation, hasAdmin } = situation;
  if (situation.deletedAt) {
    const advice = "Run `aws secretsmanager restore-secret --secret-id <name>`, and then recover again.";
    return { found: "The secret is scheduled for deletion.", actions: [], advice };
  }
  const current = labeledVersion(versions, "AWSCURRENT");
  const pending = pendingVersionOf(versions);
  const answerOf = (version: TriedVersion | undefined): Answer => version?.login?.answer ?? "no value";
  const others = versions.filter((version) => version !== current);
  // A login to another database than the one in AWSCURRENT proves nothing: the secret may have been moved to a new one.
  const workingVersions = others.filter(
    ({ login }) => login?.answer === "logs in" && (current?.login?.address ?? login.address) === login.address,
  );

  const cancel: Action[] = rotation === "on" && pending ? [{ do: "cancel" }] : [];
  const removePending: Action[] = pending ? [{ do: "label", label: "AWSPENDING", from: pending.id }] : [];
  const rotate: Action[] = rotation === "never" ? [] : [{ do: "rotate" }];
  const promote = (to: TriedVersion): Action => ({
    ...{ do: "label", label: "AWSCURRENT", to: to.id },
    ...(current && { from: current.id }),
  });

  if (answerOf(current) === "logs in") {
    if (pending === undefined) return planWithoutPending(situation, "AWSCURRENT logs in");
    // The pending version is not promoted, even if it logs in: clients can log in with AWSCURRENT.
    return {
      found: `The rotation did not complete. AWSCURRENT logs in, and the pending version ${describeAnswer(answerOf(pending))}.`,
      actions: [...cancel, ...removePending, ...rotate],
    };
  }

  const working =
    workingVersions.find((version) => version === pending) ??
    labeledVersion(workingVersions, "AWSPREVIOUS") ??
    workingVersions[0];
  if (working && answerOf(current) !== "unknown") {
    const isEdited = answerOf(current) === "refused" && current?.login?.otherKeys !== working.login?.otherKeys;
    const canRotateFrom = hasAdmin || current?.login?.username === working.login?.username;
    if (working === pending)
      return isEdited ? keepPending(working, incomplete("AWSCURRENT was changed by hand during it")) : finish(working);
    if (isEdited && canRotateFrom && rotation !== "never") {
      return {
        found: `AWSCURRENT is refused, and ${describeVersion(working)} logs in. AWSCURRENT was changed by hand. The next rotation logs in with that version, and keeps the change.`,
        actions: [...cancel, ...removePending, ...rotate],
      };
    }
    return {
      found: `AWSCURRENT ${describeAnswer(answerOf(current))}, and ${describeVersion(working)} logs in: the labels and the database disagree.`,
      actions: [...cancel, promote(working), ...removePending, ...rotate],
    };
  }

  if (answerOf(current) === "unknown") {
    if (pending === undefined) {
      const plan = planWithoutPending(situation, "this machine cannot find out whether AWSCURRENT logs in");
      return plan.actions.length > 0 || plan.advice !== undefined ? plan : { ...plan, advice: reachabilityAdvice };
    }
    if (hasNoPassword(answerOf(pending))) {
      return {
        found: `The rotation did not complete. The pending version ${describeAnswer(answerOf(pending))}, and can be discarded.`,
        actions: [...cancel, ...removePending, ...rotate],
      };
    }
    return keepPending(pending, incomplete("this machine cannot find out which version logs in"));
  }
  // No version is known to log in. An administrator can still set the next password.
  if (hasAdmin && !hasNoPassword(answerOf(current))) {
    const found = "No version logs in, but the administrator can set a new password.";
    return pending ? keepPending(pending, found) : { found, actions: rotate };
  }
  // The database may have its password.
  const unknown = versions.find((version) => answerOf(version) === "unknown");
  if (unknown) {
    const found = `AWSCURRENT ${describeAnswer(answerOf(current))}, and ${describeVersion(unknown)} could not be tried.`;
    return { found, actions: [], advice: reachabilityAdvice };
  }
  return {
    found: `AWSCURRENT ${describeAnswer(answerOf(current))}, and no other kept version logs in.`,
    actions: [],
    advice: hasNoPassword(answerOf(current))
      ? remedies.InvalidSecret
      : "Set the password in the database to the one in AWSCURRENT, or give the secret an admin secret. Then run recover again.",
  };

  /** Only the last step of the rotation is missing. */
  function finish(pending: TriedVersion): RecoveryPlan {
    return {
      found: "AWSCURRENT does not log in, and the pending version does: only the rotation's last step is missing.",
      // The service's retry then finds the version current and succeeds; there is nothing to cancel.
      actions: [promote(pending), ...(rotation === "off" ? rotate : [])],
    };
  }

  /**
   * The next rotation logs in with AWSCURRENT, or, if that is refused, with AWSPREVIOUS and the newest versions without
   * these labels, including the one that was pending. A label of its own prevents its deletion.
   */
  function keepPending(pending: TriedVersion, found: string): RecoveryPlan {
    const keep: Action[] =
      pending.labels.length > 1 ? [] : [{ do: "label", label: `kept-${shortVersionId(pending.id)}`, to: pending.id }];
    return { found, actions: [...cancel, ...keep, ...removePending, ...rotate] };
  }
}

function incomplete(why: string): string {
  return `The rotation did not complete, and ${why}. The next rotation also tries the pending password.`;
}

const reachabilityAdvice =
  "Run recover where the database can be reached, with the certificate authorities that clients trust, or ask a client whether it logs in.";

/** The plan if no rotation is stuck: turn rotation on, or rotate after a change by hand. */
function planWithoutPending(situation: Situation, what: string): RecoveryPlan {
  const { rotation } = situation;
  const manualChangeText = manualChange(situation);
  if (rotation === "on" && manualChangeText !== undefined) {
    return {
      found: `No rotation is stuck, but ${manualChangeText}; ${what}. A rotation repairs it.`,
      actions: [{ do: "rotate" }],
    };
  }
  if (rotation === "on") return { found: `No rotation is stuck; ${what}.`, actions: [] };
  if (rotation === "off") return { found: `Rotation is turned off; ${what}.`, actions: [{ do: "rotate" }] };
  return {
    found: `No rotation is configured; ${what}.`,
    actions: [],
    advice: "Deploy the stack: npx pulumi up --refresh",
  };
}

/** Whether the version has no password that the database could have. */
function hasNoPassword(answer: Answer): boolean {
  return answer === "no value" || answer === "not credentials";
}

function describeVersion({ labels }: TriedVersion): string {
  return labels[0] ?? "a version without a label";
}

function describeAnswer(answer: Answer): string {
  return {
    "logs in": "logs in",
    refused: "is refused",
    unknown: "could not be tried",
    "no value": "has no value",
    "not credentials": "is not valid credentials JSON",
  }[answer];
}
