import { RotationError } from "../errors";
import type { Description } from "./secretStore";
import type { SecretValue } from "./secretValue";

/**
 * How one secret is rotated. The stack writes these as tags on the secret and the function reads them out of
 * `DescribeSecret`, which it calls anyway: changing a setting never touches the secret's value, and the function's
 * environment does not grow with the number of secrets.
 */
export const settingTags = {
  /** `single-user`, `alternating-users`, or {@link byMasterarn}. Every secret of a stack has it: it is found by this tag. */
  strategy: "secrets-rotation:strategy",
  /** ARN of the secret that holds the administrator's credentials, as {@link adminSecretTag} writes it. */
  adminSecretArn: "secrets-rotation:admin-secret",
  /**
   * Roles, separated by spaces, that a user which the function has to make becomes a member of. Where users alternate,
   * the first of them owns whatever the two make.
   */
  memberOf: "secrets-rotation:member-of",
} as const;

/** Tags take no `!`, which the names of RDS's own secrets have; those have no blank, which tags take. */
export const adminSecretTag = {
  write: (arn: string): string => arn.replaceAll("!", " "),
  read: (tag: string): string => tag.replaceAll(" ", "!"),
} as const;

/** In place of a strategy, where nobody named one for a secret that was there before: its value says which. */
export const byMasterarn = "by-masterarn";

export const strategies = ["single-user", "alternating-users"] as const;
export type Strategy = (typeof strategies)[number];

export interface Settings {
  readonly strategy: Strategy;
  /** ARN of the admin secret, undefined where the user changes its own password. */
  readonly adminSecretArn: string | undefined;
  readonly memberOf: readonly string[];
}

/**
 * The settings of a secret: its tags, and where those do not say, what AWS's own functions go by. A `masterarn` in the
 * secret names the admin secret, and there means alternating users.
 *
 * @throws RotationError `InvalidSettings`.
 */
export function settingsOf({ tags }: Description, { masterarn }: SecretValue): Settings {
  const tag = tags[settingTags.adminSecretArn];
  const adminSecretArn = tag === undefined ? masterarn : adminSecretTag.read(tag);
  const named = tags[settingTags.strategy] ?? byMasterarn;
  const strategy = named !== byMasterarn ? named : masterarn === undefined ? "single-user" : "alternating-users";
  if (!isStrategy(strategy)) {
    throw new RotationError("InvalidSettings", `the tag ${settingTags.strategy} must be ${strategies.join(" or ")}`);
  }
  if (strategy === "alternating-users" && adminSecretArn === undefined) {
    throw new RotationError(
      "InvalidSettings",
      `alternating-users needs an admin secret: the tag ${settingTags.adminSecretArn}, or masterarn in the secret`,
    );
  }
  const memberOf = (tags[settingTags.memberOf] ?? "").split(" ").filter(Boolean);
  return { strategy, adminSecretArn, memberOf };
}

function isStrategy(text: string): text is Strategy {
  return (strategies as readonly string[]).includes(text);
}
