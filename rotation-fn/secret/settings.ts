import { RotationError } from "../errors";
import type { Description } from "./secretClient";
import type { SecretValue } from "./secretValue";
import { cloneOf } from "./usernames";

/**
 * How one secret is rotated. The stack writes these as tags on the secret and the function reads them out of
 * `DescribeSecret`, which it calls anyway: changing a setting never touches the secret's value, and the function's
 * environment does not grow with the number of secrets.
 */
export const settingTags = {
  /** `single-user` or `alternating-users`. Every secret of a stack has it: it is found by this tag. */
  strategy: "secrets-rotation:strategy",
  /** ARN of the secret that holds the administrator's credentials, as {@link adminSecretTag} writes it. */
  adminSecretArn: "secrets-rotation:admin-secret",
  /** Roles, separated by spaces, that a user which the function has to make becomes a member of. */
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

export const strategies = ["single-user", "alternating-users"] as const;
export type Strategy = (typeof strategies)[number];

/** What the stack says of one secret. */
export interface Settings {
  readonly strategy: Strategy;
  /** ARN of the admin secret, undefined where the user changes its own password. */
  readonly adminSecretArn: string | undefined;
  readonly memberOf: readonly string[];
  /** The user that is rotated; of two that alternate, the one without `_clone`. */
  readonly username: string;
  /** The server, where the tags name it: it goes before the one in the secret's value. */
  readonly database: { readonly host: string; readonly port: number } | undefined;
}

/**
 * The settings of a secret, out of its tags. Without any, the user changes its own password, with its own rights. With
 * an administrator, who is rotated and where comes from the tags alone: whoever may write the value must not send an
 * administrator to another user or server.
 *
 * A missing tag is never an instruction: where some are missing, or a `masterarn` in the value says that there was an
 * administrator, the secret has lost its tags.
 *
 * @throws RotationError `InvalidSettings`, or `TargetMismatch` where the value names another user.
 */
export function settingsOf({ tags }: Pick<Description, "tags">, value: SecretValue): Settings {
  const [strategy, admin, members, user, server] = (
    ["strategy", "adminSecretArn", "memberOf", "username", "database"] as const
  ).map((name) => tags[settingTags[name]]);
  if (strategy === undefined) {
    const found = Object.values(settingTags).filter((tag) => tags[tag] !== undefined);
    if (found.length > 0) throw invalid(`has ${found.join(", ")}, and not ${settingTags.strategy}`);
    if (value.masterarn !== undefined) {
      throw invalid(
        "has a `masterarn` in its value and no tags: an administrator is named by tags only. For a user that changes its own password, tag it " +
          `${settingTags.strategy}=single-user`,
      );
    }
  } else if (!isStrategy(strategy))
    throw invalid(`has a tag ${settingTags.strategy} other than ${strategies.join(" or ")}`);
  if (strategy === "alternating-users" && admin === undefined) {
    throw invalid(`is tagged alternating-users, and not ${settingTags.adminSecretArn}`);
  }
  if (admin !== undefined && (user === undefined || server === undefined)) {
    throw invalid(`has an administrator, and not both of ${settingTags.username} and ${settingTags.database}`);
  }
  const database = server === undefined ? undefined : databaseTag.read(server);
  if (server !== undefined && database === undefined)
    throw invalid(`has a tag ${settingTags.database} that is not host:port`);

  const username = user === undefined ? value.username : usernameTag.read(user);
  // The clone's name is also there when a secret leaves alternating-users.
  const expected = admin === undefined ? [username] : [username, cloneOf(username)];
  if (!expected.includes(value.username)) {
    throw new RotationError(
      "TargetMismatch",
      `the secret's AWSCURRENT version names the user ${value.username}, its tag ${settingTags.username} ${username}`,
    );
  }
  return {
    strategy: strategy ?? "single-user",
    adminSecretArn: admin === undefined ? undefined : adminSecretTag.read(admin),
    memberOf: (members ?? "").split(" ").filter(Boolean),
    username,
    database,
  };
}

function invalid(what: string): RotationError {
  return new RotationError("InvalidSettings", `the secret ${what}`);
}

function isStrategy(text: string): text is Strategy {
  return (strategies as readonly string[]).includes(text);
}
