import { RotationError } from "../errors";
import type { RotationEvent } from "../event";
import { isSettable } from "./password";
import type { SecretClient, Version } from "./secretClient";
import { differingKeys, parseSecretValue, type SecretValue, type Target, tryToParse } from "./secretValue";
import { type Settings, settingTags } from "./settings";
import { nextUsername } from "./usernames";

/**
 * The user and the server of the next version. The server is the one in the tags, so that a new server in the stack's
 * configuration gets into the value.
 *
 * @throws RotationError `TargetMismatch` if the server in the value was changed by hand. A version of a rotation has a new
 *   password; a version with the password of AWSPREVIOUS was stored by hand.
 */
export async function nextTarget(secret: SecretClient, settings: Settings, current: SecretValue): Promise<Target> {
  const { dbname, ssl } = current;
  const { host, port } = settings.database ?? current;
  const target = { username: nextUsername(settings, current.username), host, port, dbname, ssl };
  if (isAt(current, target)) return target;
  const previous = await secret.read("AWSPREVIOUS");
  const before = tryToParse(previous?.text);
  if (before !== undefined && isAt(before, target) && before.password === current.password) {
    throw new RotationError(
      "TargetMismatch",
      `the secret's AWSCURRENT version names the server ${current.host}:${current.port}, its tag ${settingTags.database} ${host}:${port}`,
    );
  }
  return target;
}

function isAt(value: Pick<Target, "host" | "port">, { host, port }: Target): boolean {
  return value.host === host && value.port === port;
}

/**
 * The value of the pending version, after these checks: it has every key, is for the target, and its password can be set.
 * Other keys must equal those of AWSCURRENT: a change of AWSCURRENT during the rotation would be undone otherwise.
 *
 * @throws RotationError `PendingValueMissing` or `InvalidPending`, before anything is changed.
 */
export function pendingValue(
  version: Version | undefined,
  current: SecretValue,
  target: Target,
  { secretId, token }: RotationEvent,
): SecretValue {
  if (version === undefined) {
    throw new RotationError("PendingValueMissing", `version ${token} of ${secretId} has no value yet`);
  }
  const pending = parseSecretValue(version.text, "AWSPENDING");
  const differing = differingKeys(current, target, pending).map((key) => `\`${key}\``);
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
