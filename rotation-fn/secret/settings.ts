import { RotationError } from "../errors";
import type { Description } from "./secretClient";
import type { SecretValue } from "./secretValue";
import { cloneOf } from "./usernames";

/**
 * Tags with the settings of a secret. The stack writes them, and the function reads them from `DescribeSecret`. A change of
 * a setting does not change the secret's value, and the function's environment does not grow with the number of secrets.
 */
export const settingTags = {
  /** `single-user` or `alternating-users`. Each secret of a stack has this tag; the age check finds secrets by it. */
  strategy: "secrets-rotation:strategy",
  /** ARN of the secret with the administrator's credentials, in the form of {@link adminSecretTag}. */
  adminSecretArn: "secrets-rotation:admin-secret",
  /** Roles, separated by blanks, that a user created by the function becomes a member of. */
  memberOf: "secrets-rotation:member-of",
  /** The user, without `_clone`, in the form of {@link usernameTag}. */
  username: "secrets-rotation:username",
  /** The server: `host:port`, in the form of {@link databaseTag}. */
  database: "secrets-rotation:database",
} as const;

/** Tag values must not contain `!`, which the names of RDS's secrets do; these names contain no blank. */
export const adminSecretTag = {
  write: (arn: string): string => arn.replaceAll("!", " "),
  read: (tag: string): string => tag.replaceAll(" ", "!"),
} as const;

const encoded = "base64:";

/**
 * A role's name as a tag value: unchanged, or `base64:` and its UTF-8 bytes if it has blanks at an end or characters that
 * tags do not allow (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html).
 */
export const usernameTag = {
  write: (username: string): string =>
    /^(?!\p{Z})[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}(?<!\p{Z})$/u.test(username) && !username.startsWith(encoded)
      ? username
      : `${encoded}${Buffer.from(username).toString("base64")}`,
  read: (tag: string): string =>
    tag.startsWith(encoded) ? Buffer.from(tag.slice(encoded.length), "base64").toString() : tag,
} as const;

/** A server as a tag value: `db.example.com:5432`. `read` returns undefined for any other text. */
export const databaseTag = {
  write: (host: string, port: number): string => `${host}:${port}`,
  read: (tag: string): { host: string; port: number } | undefined => {
    const [, host, port] = /^([A-Za-z0-9._:-]+):(\d{1,5})$/.exec(tag) ?? [];
    if (host === undefined || Number(port) < 1 || Number(port) > 65535) return undefined;
    return { host, port: Number(port) };
  },
} as const;

export const strategies = ["single-user", "alternating-users"] as const;
export type Strategy = (typeof strategies)[number];

/** The settings of one secret. */
export interface Settings {
  readonly strategy: Strategy;
  /** ARN of the admin secret; undefined if the user changes its own password. */
  readonly adminSecretArn: string | undefined;
  readonly memberOf: readonly string[];
  /** The user that is rotated, without `_clone`. */
  readonly username: string;
  /** The server in the tags, if any: it overrides the one in the secret's value. */
  readonly database: { readonly host: string; readonly port: number } | undefined;
}

/**
 * Reads the settings of a secret from its tags. Without tags, the user changes its own password with its own privileges.
 * With an administrator, only the tags name the user and the server: permission to write the value must not be enough to
 * send an administrator to another user or server.
 *
 * If some tags are missing, or the value has a `masterarn` and there are no tags, the secret has lost its tags and is
 * refused.
 *
 * @throws RotationError `InvalidSettings`, or `TargetMismatch` if the value names another user.
 */
export function settingsOf({ tags }: Pick<Description, "tags">, value: SecretValue): Settings {
  const [strategy, admin, members, user, server] = (
    ["strategy", "adminSecretArn", "memberOf", "username", "database"] as const
  ).map((name) => tags[settingTags[name]]);
  const known = strategies.find((one) => one === strategy);
  if (strategy === undefined) {
    const found = Object.values(settingTags).filter((tag) => tags[tag] !== undefined);
    if (found.length > 0) throw invalid(`has ${found.join(", ")}, but not ${settingTags.strategy}`);
    if (value.masterarn !== undefined) {
      throw invalid(
        "has a `masterarn` in its value and no tags: an administrator is named by tags only. For a user that changes its own password, tag it " +
          `${settingTags.strategy}=single-user`,
      );
    }
  } else if (known === undefined)
    throw invalid(`has a tag ${settingTags.strategy} other than ${strategies.join(" or ")}`);
  if (admin === "" || user === "") {
    throw invalid(`has an empty tag ${admin === "" ? settingTags.adminSecretArn : settingTags.username}`);
  }
  if (strategy === "alternating-users" && admin === undefined) {
    throw invalid(`is tagged alternating-users, but has no tag ${settingTags.adminSecretArn}`);
  }
  if (admin !== undefined && (user === undefined || server === undefined)) {
    throw invalid(`has an administrator, but lacks ${settingTags.username} or ${settingTags.database}`);
  }
  const database = server === undefined ? undefined : databaseTag.read(server);
  if (server !== undefined && database === undefined)
    throw invalid(`has a tag ${settingTags.database} that is not host:port`);

  const username = user === undefined ? value.username : usernameTag.read(user);
  // The value also has the clone's name when a secret leaves alternating-users.
  const expected = admin === undefined ? [username] : [username, cloneOf(username)];
  if (!expected.includes(value.username)) {
    throw new RotationError(
      "TargetMismatch",
      `the secret's AWSCURRENT version names the user ${value.username}, its tag ${settingTags.username} ${username}`,
    );
  }
  return {
    strategy: known ?? "single-user",
    adminSecretArn: admin === undefined ? undefined : adminSecretTag.read(admin),
    memberOf: (members ?? "").split(" ").filter(Boolean),
    username,
    database,
  };
}

function invalid(what: string): RotationError {
  return new RotationError("InvalidSettings", `the secret ${what}`);
}
