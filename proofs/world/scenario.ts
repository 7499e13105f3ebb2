import {
  adminSecretTag,
  databaseTag,
  type Strategy,
  settingTags,
  usernameTag,
} from "../../rotation-fn/secret/settings";

/** A way to rotate. */
export interface Scenario {
  readonly name: string;
  /** With an administrator. @default the user changes its own password */
  readonly strategy?: Strategy;
}

export const singleUser: Scenario = { name: "single-user" };
export const withAdmin: Scenario = { name: "single-user with an admin", strategy: "single-user" };
export const alternatingUsers: Scenario = { name: "alternating-users", strategy: "alternating-users" };
export const scenarios: readonly Scenario[] = [singleUser, withAdmin, alternatingUsers];

/** The name of the administrator that a harness creates for a user. */
export function adminOf(user: string): string {
  return `admin_${user}`;
}

/** The tags that the stack would write. */
export function tagsOf(settings: {
  readonly strategy?: Strategy | undefined;
  readonly username: string;
  readonly adminSecretArn?: string | undefined;
  /** Of the database on this machine. */
  readonly port: number;
  readonly memberOf?: readonly string[] | undefined;
}): Record<string, string> {
  const { strategy, username, adminSecretArn, port, memberOf } = settings;
  return {
    ...(strategy && { [settingTags.strategy]: strategy }),
    ...(adminSecretArn && {
      [settingTags.adminSecretArn]: adminSecretTag.write(adminSecretArn),
      [settingTags.username]: usernameTag.write(username),
      [settingTags.database]: databaseTag.write("localhost", port),
    }),
    ...(memberOf && { [settingTags.memberOf]: memberOf.join(" ") }),
  };
}
