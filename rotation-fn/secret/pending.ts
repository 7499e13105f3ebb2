import { RotationError } from "../errors";
import type { RotationEvent } from "../event";
import { isSettable } from "./password";
import type { Version } from "./secretStore";
import { differingTargets, parseSecretValue, type SecretValue } from "./secretValue";

/**
 * The pending version's value, fit to be set: JSON with every key, the user whose turn it is, the same database as the
 * current version, and a password that can be given to the server.
 *
 * @param username - Whose turn it is: the current user, or its twin.
 * @throws RotationError `PendingValueMissing` or `InvalidPending`, before anything was changed.
 */
export function pendingValue(
  version: Version | undefined,
  current: SecretValue,
  username: string,
  { secretId, token }: RotationEvent,
): SecretValue {
  if (version === undefined) {
    throw new RotationError("PendingValueMissing", `version ${token} of ${secretId} has no value yet`);
  }
  const pending = parseSecretValue(version.text, "AWSPENDING");
  const differing = [...(pending.username === username ? [] : ["username"]), ...differingTargets(current, pending)];
  if (differing.length > 0) {
    const keys = differing.map((key) => `\`${key}\``).join(", ");
    throw new RotationError("InvalidPending", `the AWSPENDING version differs from AWSCURRENT in ${keys}`);
  }
  if (!isSettable(pending.password)) {
    throw new RotationError("InvalidPending", "the AWSPENDING version: `password` must be printable ASCII");
  }
  return pending;
}
