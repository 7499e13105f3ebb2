import * as pulumi from "@pulumi/pulumi";
import { adminSecretTag, databaseTag, settingTags, usernameTag } from "../rotation-fn/secret/settings";
import type { RotatedSecretArgs } from "./rotatedSecret";
import { Strategy } from "./strategy";

/** How a secret is rotated, as the tags that the function reads. */
export function secretSettings(args: RotatedSecretArgs): Record<string, pulumi.Output<string>> {
  const { strategy = Strategy.SingleUser, adminSecretArn, memberOf, username, host, port = 5432 } = args;
  return {
    [settingTags.strategy]: pulumi.output(strategy),
    ...(adminSecretArn === undefined
      ? {}
      : { [settingTags.adminSecretArn]: pulumi.output(adminSecretArn).apply(adminSecretTag.write) }),
    ...(memberOf === undefined ? {} : { [settingTags.memberOf]: pulumi.output(memberOf).apply(memberOfTag) }),
    ...(username === undefined ? {} : { [settingTags.username]: pulumi.output(username).apply(usernameTag.write) }),
    ...(host === undefined
      ? {}
      : { [settingTags.database]: pulumi.all([host, port]).apply(([at, on]) => databaseTag.write(at, on)) }),
  };
}

function memberOfTag(roles: string[]): string {
  const odd = roles.find((role) => !/^[\p{L}\p{N}_.:/=+@-]+$/u.test(role));
  if (odd !== undefined) throw new Error(`\`memberOf\`: ${JSON.stringify(odd)} is no role name that a tag can hold`);
  return roles.join(" ");
}
