import { RotationError } from "../errors";
import type { RotationEvent } from "../event";
import { isSettable } from "./password";
import type { Version } from "./secretStore";
import { differingKeys, parseSecretValue, type SecretValue, type Target } from "./secretValue";
import type { Settings } from "./settings";
import { nextUsername } from "./usernames";

/**
 * What the next version's credentials are for: the user whose turn it is, at the server that the tags name. So a
 * database that has moved gets into the secret by the stack's configuration.
 */
export function nextTarget(settings: Settings, current: SecretValue): Target {
  const { dbname, ssl } = current;
  const { host, port } = settings.database ?? current;
  return { username: nextUsername(settings, current.username), host, port, dbname, ssl };
}

/**
 * The pending version's value, fit to be set: JSON with every key, for the target, and with a password that can be
 * given to the server.
 *
 * @throws RotationError `PendingValueMissing` or `InvalidPending`, before anything was changed.
 */
export function pendingValue(
  version: Version | undefined,
  target: Target,
  { secretId, token }: RotationEvent,
): SecretValue {
  if (version === undefined) {
    throw new RotationError("PendingValueMissing", `version ${token} of ${secretId} has no value yet`);
  }
  const pending = parseSecretValue(version.text, "AWSPENDING");
  const differing = differingKeys(target, pending).map((key) => `\`${key}\``);
  if (differing.length > 0) {
    throw new RotationError(
      "InvalidPending",
      `the AWSPENDING version differs from AWSCURRENT, or from the secret's tags, in ${differing.join(", ")}`,
    );
  }
  if (!isSettable(pending.password)) {
    throw new RotationError("InvalidPending", "the AWSPENDING version: `password` must be printable ASCII");
  }
  return pending;
}
