import { RotationError } from "../errors";
import { countSuccess } from "../observability/metrics";
import { versionWith } from "../secret/secretClient";
import { type Outcome, type Rotation, requirePending } from "./rotation";

/**
 * Step 4: makes the pending version the current one. Two round trips. The value is read beside the description: a
 * version without one is never promoted, and its creation is where the rotation's duration starts.
 *
 * AWSPENDING stays on the version, which is where Secrets Manager expects it after a good rotation ("attached to the
 * same version as AWSCURRENT, or not attached to any version", RotateSecret).
 */
export async function finishSecret({ event, secret }: Rotation): Promise<Outcome> {
  const readPending = secret.startReadingPending(event.token);
  const description = await secret.describe(event.token);
  if (requirePending(description, event) === "current") return "already current";

  const pending = await readPending();
  const current = versionWith(description, "AWSCURRENT");
  if (pending === undefined || current === undefined) {
    throw new RotationError("PendingValueMissing", `version ${event.token} of ${event.secretId} has no value`);
  }
  try {
    await secret.promote(event.token, current);
  } catch (error) {
    // The SDK repeats a call whose answer was lost, and the service refuses the repetition: the label has moved.
    const now = await secret.describe().catch(() => undefined);
    if (!now?.stages[event.token]?.includes("AWSCURRENT")) throw error;
  }
  countSuccess(event.secretId, Date.now() - pending.createdAt.getTime());
  return "done";
}
