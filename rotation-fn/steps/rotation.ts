import type { PasswordForm } from "../database/changeStatement";
import { RotationError } from "../errors";
import type { RotationEvent } from "../event";
import type { Log } from "../observability/log";
import type { PasswordRules } from "../secret/password";
import type { Description, SecretClient } from "../secret/secretClient";

/** Everything that a step works with. */
export interface Rotation {
  readonly event: RotationEvent;
  readonly secret: SecretClient;
  readonly rules: PasswordRules;
  readonly passwordForm: PasswordForm;
  /** Where an administrator signs in: a database of its own, never the rotated user's. */
  readonly adminDatabase: string;
  readonly log: Log;
}

/** What a step did, in the words of the log. A replay says that there was nothing to do. */
export type Outcome = "done" | "already done" | "already current";

/**
 * The guards of every step, in the order of AWS's own functions: rotation is on, the token is a version of the secret,
 * which is current already (the rotation is over), or pending.
 *
 * @returns `current` if the version is AWSCURRENT already, and the rotation is over.
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
      `${where} does not exist or has lost its staging labels, as when a value is stored by hand during a rotation`,
    );
  }
  if (labels.includes("AWSCURRENT")) return "current";
  if (!labels.includes("AWSPENDING"))
    throw new RotationError("VersionNotPending", `${where} does not have the staging label AWSPENDING`);
  return "pending";
}
