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
  /** The user whose password is rotated, as {@link usernameTag} writes it; of two users that alternate, the one without `_clone`. */
  username: "secrets-rotation:username",
  /** Where that user logs in: `host:port`, as {@link databaseTag} writes it. */
  database: "secrets-rotation:database",
} as const;

/** Tags take no `!`, which the names of RDS's own secrets have; those have no blank, which tags take. */
export const adminSecretTag = {
  write: (arn: string): string => arn.replaceAll("!", " "),
  read: (tag: string): string => tag.replaceAll(" ", "!"),
} as const;

const encoded = "base64:";

/**
 * A role's name as a tag can hold it: as it is, or `base64:` and its UTF-8 bytes where it has characters that tags do not
 * take (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html), or blanks at an end.
 */
export const usernameTag = {
  write: (username: string): string =>
    /^(?!\p{Z})[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}(?<!\p{Z})$/u.test(username) && !username.startsWith(encoded)
      ? username
      : `${encoded}${Buffer.from(username).toString("base64")}`,
  read: (tag: string): string =>
    tag.startsWith(encoded) ? Buffer.from(tag.slice(encoded.length), "base64").toString() : tag,
} as const;

/** A server as a tag holds it: `db.example.com:5432`. `read` gives undefined for what is no such text. */
export const databaseTag = {
  write: (host: string, port: number): string => `${host}:${port}`,
  read: (tag: string): { host: string; port: number } | undefined => {
    const [, host, port] = /^(.+):(\d{1,5})$/.exec(tag) ?? [];
    if (host === undefined || Number(port) < 1 || Number(port) > 65535) return undefined;
    return { host, port: Number(port) };
  },
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
