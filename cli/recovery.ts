import type { Answer, TriedVersion } from "./logins";
import type { SecretState } from "./secretState";
import { changeByHand, labelled, unfinished } from "./secretState";

/** One change; the order in a plan is such that the process may die between any two. */
export type Action =
  /** Turns rotation off, so that no step runs while labels move. */
  | { readonly do: "cancel" }
  /** Moves a label (`to` and `from`), adds it (`to` alone) or takes it off (`from` alone). */
  | { readonly do: "label"; readonly label: string; readonly to?: string; readonly from?: string }
  /** Starts a rotation and follows it; turns rotation on where it is off. */
  | { readonly do: "rotate" };

export interface Plan {
  /** What is the matter, in one sentence. */
  readonly found: string;
  readonly actions: readonly Action[];
  /** What a person has to do first, where this program can't help. */
  readonly advice?: string;
}

export interface Situation extends Pick<SecretState, "rotation" | "hasAdmin" | "deletedAt" | "lastRotatedAt"> {
  readonly versions: readonly TriedVersion[];
}

/**
 * Decides how a secret is brought back. Three rules stand above all: a version that may be the live password is never
 * left without a label, AWSCURRENT only moves to a version that logs in, and what somebody has changed in AWSCURRENT's
 * value beside the password is kept.
 */
export function planRecovery(situation: Situation): Plan {
  const { versions, rotation, hasAdmin } = situation;
  if (situation.deletedAt) {
    return { found: "The secret is scheduled for deletion.", actions: [], advice: "aws secretsmanager restore-secret" };
  }
  const current = labelled(versions, "AWSCURRENT");
  const pending = unfinished(versions);
  const of = (version: TriedVersion | undefined): Answer => version?.finding?.answer ?? "no value";
  const others = versions.filter((version) => version !== current);
  // A login at another database than AWSCURRENT's proves nothing: somebody may have moved the secret to a new one.
  const live = others.filter(
    ({ finding }) => finding?.answer === "logs in" && (current?.finding?.where ?? finding.where) === finding.where,
  );

  const stop: Action[] = rotation === "on" && pending ? [{ do: "cancel" }] : [];
  const drop: Action[] = pending ? [{ do: "label", label: "AWSPENDING", from: pending.id }] : [];
  const again: Action[] = rotation === "never" ? [] : [{ do: "rotate" }];
  const promote = (to: TriedVersion): Action => ({
    ...{ do: "label", label: "AWSCURRENT", to: to.id },
    ...(current && { from: current.id }),
  });

  if (of(current) === "logs in") {
    if (pending === undefined) return settled(situation, "AWSCURRENT logs in");
    // Never promoted, whether it logs in or not: clients have what they need.
    return {
      found: `The rotation stopped before its end. AWSCURRENT logs in, and the pending version ${phrase(of(pending))}.`,
      actions: [...stop, ...drop, ...again],
    };
  }

  const best = live.find((version) => version === pending) ?? labelled(live, "AWSPREVIOUS") ?? live[0];
  if (best && of(current) !== "unknown") {
    const edited = of(current) === "refused" && current?.finding?.otherKeys !== best.finding?.otherKeys;
    const rotatesFrom = hasAdmin || current?.finding?.username === best.finding?.username;
    if (best === pending) return edited ? handOver(best, "AWSCURRENT was changed by hand meanwhile") : finish(best);
    if (edited && rotatesFrom && rotation !== "never") {
      return {
        found: `AWSCURRENT is refused, and ${nameOf(best)} logs in. AWSCURRENT was changed by hand: the next rotation logs in with that version, and keeps the change.`,
        actions: [...stop, ...drop, ...again],
      };
    }
    return {
      found: `AWSCURRENT ${phrase(of(current))}, and ${nameOf(best)} logs in: the labels and the database disagree.`,
      actions: [...stop, promote(best), ...drop, ...again],
    };
  }

  const unknown = versions.find((version) => of(version) === "unknown");
  if (unknown && of(current) === "unknown") {
    if (pending === undefined) return settled(situation, "whether AWSCURRENT logs in can't be seen from here");
    if (cannotBeLive(of(pending))) {
      return {
        found: `The rotation stopped before its end, with nothing that could be lost in the pending version (${phrase(of(pending))}).`,
        actions: [...stop, ...drop, ...again],
      };
    }
    return handOver(pending, "which version logs in can't be seen from here");
  }
  // No labelled password is known to work. An administrator's credentials can still set the next one.
  if (hasAdmin && !cannotBeLive(of(current))) {
    const found = "No version logs in, but the administrator's credentials can set a new password.";
    return pending ? { ...handOver(pending, ""), found } : { found, actions: again };
  }
  return {
    found: `AWSCURRENT ${phrase(of(current))}, and no version that is still kept logs in.`,
    actions: [],
    advice:
      "Set the password in the database to the one in AWSCURRENT, or give the secret an admin secret, and run this again.",
  };

  /** The rotation was all but over: what is left is its last step. */
  function finish(pending: TriedVersion): Plan {
    return {
      found: "AWSCURRENT does not log in, and the pending version does: what is missing is a rotation's last step.",
      // The service's own retry finds the version current and ends well; nothing has to be cancelled.
      actions: [promote(pending), ...(rotation === "off" ? again : [])],
    };
  }

  /**
   * The next rotation signs in with AWSCURRENT, and where that is refused with AWSPREVIOUS and the newest versions that
   * have neither label: with the one that was pending, too. A label of its own keeps that from being deleted.
   */
  function handOver(pending: TriedVersion, why: string): Plan {
    const keep: Action[] =
      pending.labels.length > 1 ? [] : [{ do: "label", label: `kept-${pending.id.slice(0, 8)}`, to: pending.id }];
    return {
      found: `The rotation stopped before its end, and ${why}: the next rotation gets to try the pending password too.`,
      actions: [...stop, ...keep, ...drop, ...again],
    };
  }
}

/** What is left to do where no rotation is stuck: to turn rotation on, or to end a change by hand with a rotation. */
function settled(situation: Situation, what: string): Plan {
  const { rotation } = situation;
  const byHand = changeByHand(situation);
  if (rotation === "on" && byHand !== undefined) {
    return {
      found: `No rotation is stuck, but ${byHand}; ${what}. A rotation settles it.`,
      actions: [{ do: "rotate" }],
    };
  }
  if (rotation === "on") return { found: `No rotation is stuck; ${what}.`, actions: [] };
  if (rotation === "off") return { found: `Rotation is turned off; ${what}.`, actions: [{ do: "rotate" }] };
  return {
    found: `No rotation was ever configured; ${what}.`,
    actions: [],
    advice: "Deploy the stack: npx pulumi up",
  };
}

/** There is no password in it, so none can be lost. */
function cannotBeLive(answer: Answer): boolean {
  return answer === "no value" || answer === "not a login";
}

function nameOf({ labels }: TriedVersion): string {
  return labels[0] ?? "a version without a label";
}

function phrase(answer: Answer): string {
  return {
    "logs in": "logs in",
    refused: "is refused",
    unknown: "could not be tried",
    "no value": "has no value",
    "not a login": "is not a login's JSON",
  }[answer];
}
