import { randomBytes } from "node:crypto";
import {
  adminSecretTag,
  databaseTag,
  type Strategy,
  settingTags,
  usernameTag,
} from "../../rotation-fn/secret/settings";
import { randomPassword } from "./sharedPostgres";
import type { TestSecret } from "./testSecret";
import type { World } from "./world";

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

/** A secret of a scenario, and names that differ from run to run → words. Longer names first. */
export interface PreparedSecret {
  readonly secret: TestSecret;
  readonly names: readonly (readonly [string, string])[];
}

/** The name of the administrator that {@link prepareSecret} creates for a user. */
export function adminOf(user: string): string {
  return `admin_${user}`;
}

/** @param sql runs a statement as the superuser. It must not be in the server's log, which tests search for passwords. */
export async function prepareSecret(
  world: World,
  { strategy }: Scenario,
  sql: (statement: string) => Promise<unknown>,
): Promise<PreparedSecret> {
  const user = `app_${randomBytes(5).toString("hex")}`;
  const admin = adminOf(user);
  const [password, adminPassword] = [randomPassword(), randomPassword()];
  await sql(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
  let adminSecretArn: string | undefined;
  if (strategy !== undefined) {
    await sql(`CREATE ROLE ${admin} LOGIN CREATEROLE PASSWORD '${adminPassword}'`);
    // The least that an administrator with CREATEROLE needs from PostgreSQL 16 on.
    await sql(`GRANT ${user} TO ${admin} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
    const value = { username: admin, password: adminPassword };
    adminSecretArn = (await world.addSecret({ name: `db/${admin}`, value })).arn;
  }
  const tags = tagsOf({ strategy, username: user, adminSecretArn, port: world.port });
  const secret = await world.addSecret({ name: `db/${user}`, value: { username: user, password }, tags });
  const ofAdmin = adminSecretArn === undefined ? [] : [[adminSecretArn, "the admin secret"] as const];
  return { secret, names: [...ofAdmin, [secret.arn, "the secret"], [admin, "admin"], [user, "app"]] };
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
