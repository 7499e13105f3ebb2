import * as pulumi from "@pulumi/pulumi";
import { adminSecretTag, databaseTag, settingTags, usernameTag } from "../rotation-fn/secret/settings";
import { roleProblem } from "./databaseProblems";
import type { RotatedSecretArgs } from "./rotatedSecretArgs";
import { Strategy } from "./strategy";

/** The tags from which the function reads how to rotate a secret. */
export function secretSettings(args: RotatedSecretArgs): Record<string, pulumi.Output<string>> {
  const { strategy = Strategy.SingleUser, adminSecretArn, memberOf, username, host, port = 5432 } = args;
  return {
    [settingTags.strategy]: pulumi.output(strategy),
    ...(adminSecretArn !== undefined && {
      [settingTags.adminSecretArn]: pulumi.output(adminSecretArn).apply(adminSecretTag.write),
    }),
    ...(memberOf !== undefined && { [settingTags.memberOf]: pulumi.output(memberOf).apply(memberOfTag) }),
    ...(username !== undefined && { [settingTags.username]: pulumi.output(username).apply(usernameTag.write) }),
    ...(host !== undefined && {
      [settingTags.database]: pulumi.all([host, port]).apply((server) => databaseTag.write(...server)),
    }),
  };
}

function memberOfTag(roles: string[]): string {
  for (const role of roles) {
    const problem = roleProblem(role);
    if (problem !== undefined) throw new Error(`\`memberOf\`: ${JSON.stringify(role)}: ${problem}`);
  }
  return roles.join(" ");
}
