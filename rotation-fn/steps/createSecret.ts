import { nextTarget } from "../secret/pending";
import { nextSecretString, parseSecretValue } from "../secret/secretValue";
import { settingsOf } from "../secret/settings";
import { isCurrentAlready, isReplaced, type Outcome, type Rotation } from "./rotation";

/**
 * Step 1: stores a new password as the pending version. Two round trips: everything that is read is read together, and
 * the service itself keeps the first value that a version was given.
 */
export async function createSecret({ event, secret, rules }: Rotation): Promise<Outcome> {
  const password = secret.randomPassword(rules);
  const { description, current } = await secret.describeWithCurrent();
  // The step fails all the same: with the label gone, the next rotation gets a version of its own.
  if (isReplaced(description, event)) await secret.takePendingOff(event.token);
  if (isCurrentAlready(description, event)) return "already current";

  const value = parseSecretValue(current.text, "AWSCURRENT");
  const target = nextTarget(settingsOf(description, value), value);
  const stored = await secret.putPending(event.token, nextSecretString(value, target, await password));
  return stored ? "done" : "already done";
}
