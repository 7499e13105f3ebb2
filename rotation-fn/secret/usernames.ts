import { RotationError } from "../errors";

const cloneSuffix = "_clone";

/** Name of a user's second login, with the suffix of AWS's own functions. */
export function cloneOf(username: string): string {
  return `${username}${cloneSuffix}`;
}

/**
 * The user of the next version: the same one, or, with alternating users, the other of the user and its clone.
 *
 * @param current - The user of AWSCURRENT.
 * @throws RotationError `InvalidSettings` if the clone's name has more than 63 bytes, to which PostgreSQL would truncate it
 *   without an error.
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
      `with alternating-users, the user's name may have at most ${63 - cloneSuffix.length} bytes: "${cloneSuffix}" is appended`,
    );
  }
  return clone;
}
