import { RotationError } from "../errors";
import { countSuccess } from "../observability/metrics";
import { versionWith } from "../secret/secretClient";
import { type Outcome, type Rotation, requirePending } from "./rotation";

/**
 * Step 4: makes the pending version the current one. Two round trips. It reads the value in parallel with the description,
 * because a version without a value must not be promoted, and the rotation's duration starts when the version was created.
 *
 * AWSPENDING stays on the version, as Secrets Manager expects after a successful rotation ("attached to the same version as
 * AWSCURRENT, or not attached to any version", RotateSecret).
 */
export async function finishSecret({ event, secret }: Rotation): Promise<Outcome> {
  const reading = secret.startReadingPending(event.token);
  const description = await secret.describe(event.token);
  if (requirePending(description, event) === "current") return "already current";

  const pending = await reading;
  const current = versionWith(description, "AWSCURRENT");
  if (pending === undefined) {
    throw new RotationError("PendingValueMissing", `version ${event.token} of ${event.secretId} has no value`);
  }
  if (current === undefined) {
    throw new RotationError("InconsistentReads", `${event.secretId} has no version with AWSCURRENT`);
  }
  try {
    await secret.promote(event.token, current);
  } catch (error) {
    // The SDK repeats a call whose answer was lost. The service refuses the repetition because the label has moved.
    const now = await secret.describe().catch(() => undefined);
    if (!now?.stages[event.token]?.includes("AWSCURRENT")) throw error;
  }
  countSuccess(event.secretId, Date.now() - pending.createdAt.getTime());
  return "done";
}
