import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { runtimeWarning } from "../components";
import type { Settings } from "./schema";

/** Says at preview what works all the same, and should not stay so. */
export function warn({ network, function: { runtime } }: Settings, today: Date = new Date()): void {
  const ageing = runtimeWarning(runtime, today);
  if (ageing !== undefined) pulumi.log.warn(ageing);
  if (network !== undefined) warnOfOneZone(network.subnetIds);
}

/** A function whose subnets lie in one zone is down with that zone. */
function warnOfOneZone(subnetIds: string[]): void {
  pulumi.all(subnetIds.map((id) => aws.ec2.getSubnetOutput({ id }).availabilityZone)).apply((zones) => {
    if (new Set(zones).size > 1) return;
    pulumi.log.warn(`all subnets of \`network.subnetIds\` are in ${zones[0]}: set one of another zone as well`);
  });
}
