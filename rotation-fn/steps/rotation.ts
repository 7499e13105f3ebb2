import type { Environment } from "../environment";
import { RotationError } from "../errors";
import type { RotationEvent } from "../event";
import type { Log } from "../observability/log";
import type { Description, SecretClient } from "../secret/secretClient";

/** The arguments of a step. */
export interface Rotation extends Environment {
  readonly event: RotationEvent;
  readonly secret: SecretClient;
  readonly log: Log;
  /** Milliseconds until the function's time limit. */
  readonly remainingMs: () => number;
  /** Aborted when the step has ended: no request must be sent after that. */
  readonly signal: AbortSignal;
}

/** The result of a step in the log. A repeated step reports that its work was already done. */
export type Outcome = "done" | "already done" | "already current";

/**
 * The checks of every step, in the order of AWS's own functions: rotation is on, the token is a version of the secret, and
 * the version is current or pending.
 *
 * @returns `current` if the version is already AWSCURRENT, so that the rotation is complete.
 * @throws RotationError `RotationDisabled`, `UnknownVersion` or `VersionNotPending`.
 */
export function requirePending(
  { rotationEnabled, stages }: Description,
  { secretId, token }: RotationEvent,
): "pending" | "current" {
  const where = `version ${token} of ${secretId}`;
  if (!rotationEnabled) throw new RotationError("RotationDisabled", `rotation is off for ${secretId}`);
  const labels = stages[token];
  if (labels === undefined) {
    throw new RotationError(
      "UnknownVersion",
      `${where} does not exist or has lost its staging labels, because a value was stored by hand during the rotation, or the server refused its password`,
    );
  }
  if (labels.includes("AWSCURRENT")) return "current";
  if (!labels.includes("AWSPENDING"))
    throw new RotationError("VersionNotPending", `${where} does not have the staging label AWSPENDING`);
  return "pending";
}
