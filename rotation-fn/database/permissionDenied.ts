import { RotationError } from "../errors";
import { type Plan, preflight } from "./checks";
import type { Session } from "./database";

/**
 * A refusal for want of a right, with what the preflight finds missing: "permission denied" alone sends whoever is on
 * call to the manual. Anything else stays as it is.
 */
export async function explained(thrown: unknown, session: Session, plan: Plan): Promise<unknown> {
  if (!(thrown instanceof RotationError) || thrown.code !== "PermissionDenied") return thrown;
  const missing = (await preflight(session, plan).catch(() => [])).filter(({ ok }) => !ok);
  if (missing.length === 0) return thrown;
  const reasons = missing.map(({ what, remedy }) => (remedy ? `${what} (${remedy})` : what)).join("; ");
  return new RotationError(thrown.code, `${thrown.message}: ${reasons}`, { cause: thrown });
}
