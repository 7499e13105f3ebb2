import { RotationError } from "../errors";
import type { RotationEvent } from "../event";
import { isSettable } from "./password";
import type { SecretClient, Version } from "./secretClient";
import {
  differingKeys,
  differingOtherKeys,
  parsePending,
  parseSecretValue,
  type SecretValue,
  type Target,
} from "./secretValue";
import { type Settings, settingTags } from "./settings";
import { nextUsername } from "./usernames";

/**
 * What the next version's credentials are for: the user whose turn it is, at the server that the tags name. So a
 * database that has moved gets into the secret by the stack's configuration.
 *
 * @throws RotationError `TargetMismatch` where it is the value that has another server than before: a version that a
 *   rotation made has a new password, one with the password of AWSPREVIOUS was stored by hand.
 */
export async function nextTarget(secret: SecretClient, settings: Settings, current: SecretValue): Promise<Target> {
  const { dbname, ssl } = current;
  const { host, port } = settings.database ?? current;
  const target = { username: nextUsername(settings, current.username), host, port, dbname, ssl };
  if (isAt(current, target)) return target;
  const previous = await secret.read("AWSPREVIOUS");
  const before = previous && tryToParse(previous.text);
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

function tryToParse(text: string | undefined): SecretValue | undefined {
  try {
    return parseSecretValue(text, "AWSPREVIOUS");
  } catch {
    return undefined;
  }
}

/**
 * The pending version's value, fit to be set: JSON with every key, for the target, and with a password that can be
 * given to the server. A version that was made before someone changed another key of AWSCURRENT would undo that.
 *
 * @throws RotationError `PendingValueMissing` or `InvalidPending`, before anything was changed.
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
  const pending = parsePending(version.text);
  const differing = [...differingKeys(target, pending), ...differingOtherKeys(current, pending)].map(
    (key) => `\`${key}\``,
  );
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
