/**
 * How one secret is rotated. The stack writes these as tags on the secret and the function reads them out of
 * `DescribeSecret`, which it calls anyway: changing a setting never touches the secret's value, and the function's
 * environment does not grow with the number of secrets.
 */
export const settingTags = {
  /** `single-user` or `alternating-users`. */
  strategy: "secrets-rotation:strategy",
  /** ARN of the secret that holds the administrator's credentials. */
  adminSecretArn: "secrets-rotation:admin-secret",
  /** Roles, separated by spaces, that a user made by the first rotation becomes a member of. */
  memberOf: "secrets-rotation:member-of",
} as const;

export const strategies = ["single-user", "alternating-users"] as const;
export type Strategy = (typeof strategies)[number];
