import { nextTarget } from "../secret/pending";
import { nextValue, parseSecretValue } from "../secret/secretValue";
import { settingsOf } from "../secret/settings";
import { type Outcome, type Rotation, requirePending } from "./rotation";

/**
 * Step 1: stores a new password as the pending version. Two round trips: the reads are parallel, and the service itself
 * keeps the first value of a version.
 */
export async function createSecret({ event, secret, rules, log }: Rotation): Promise<Outcome> {
  const password = secret.randomPassword(rules);
  const { description, current } = await secret.describeWithCurrent(event.token);
  if (requirePending(description, event) === "current") return "already current";

  const value = parseSecretValue(current.text, "AWSCURRENT");
  const target = await nextTarget(secret, settingsOf(description, value), value);
  const { text, notRewritten } = nextValue(value, target, await password);
  const stored = await secret.putPending(event.token, text);
  if (stored && notRewritten.length > 0)
    log.warn(
      `the old password is still in ${notRewritten.join(", ")}: change that by hand, or take it out of the secret`,
    );
  return stored ? "done" : "already done";
}
