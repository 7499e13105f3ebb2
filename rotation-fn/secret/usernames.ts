import { RotationError } from "../errors";

const cloneSuffix = "_clone";

/** Name of a user's second login, as AWS's own functions name it. */
export function cloneOf(username: string): string {
  return `${username}${cloneSuffix}`;
}

/**
 * The user of the next version: the same one, or where users alternate, the other of the user and its clone.
 *
 * @param current - The user of AWSCURRENT.
 * @throws RotationError `InvalidSettings` where the clone's name would be longer than PostgreSQL's 63 bytes, which it
 *   would cut without an error.
 */
export function nextUsername(
  { strategy, username }: { readonly strategy: "single-user" | "alternating-users"; readonly username: string },
  current: string,
): string {
  if (strategy === "single-user" || current !== username) return username;
  const clone = cloneOf(username);
  if (Buffer.byteLength(clone) > 63) {
    throw new RotationError(
      "InvalidSettings",
      `the user's name may have at most ${63 - cloneSuffix.length} bytes where users alternate: "${cloneSuffix}" is added`,
    );
  }
  return clone;
}
