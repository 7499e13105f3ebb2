import { RotationError } from "../errors";
import type { Strategy } from "./settings";

const cloneSuffix = "_clone";

/**
 * The user of the next version: the same one, or where users alternate, its twin (`app` and `app_clone` take turns, as
 * with AWS's own functions).
 *
 * @throws RotationError `InvalidSecret` where the clone's name would be longer than PostgreSQL's 63 bytes, which it
 *   would cut without an error.
 */
export function nextUsername(strategy: Strategy, username: string): string {
  if (strategy === "single-user") return username;
  if (username.endsWith(cloneSuffix)) return username.slice(0, -cloneSuffix.length);
  const clone = `${username}${cloneSuffix}`;
  if (Buffer.byteLength(clone) > 63) {
    throw new RotationError(
      "InvalidSecret",
      `\`username\` may have at most ${63 - cloneSuffix.length} bytes where users alternate: "${cloneSuffix}" is added`,
    );
  }
  return clone;
}
