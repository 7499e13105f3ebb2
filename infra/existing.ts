import * as aws from "@pulumi/aws";
import { notDeployable } from "./config";
import { Lookup, type Named, type ZonedSubnet } from "./lookup";
import { foreignProblems } from "./regions";
import type { StackSettings } from "./schema";

/**
 * Looks up what the configuration names: VPC, subnets, security groups, keys and secrets.
 *
 * @returns the configured subnets
 * @throws pulumi.RunError with one line for each ID that does not exist, or does not fit
 */
export async function lookUpExisting(settings: StackSettings): Promise<ZonedSubnet[]> {
  const [{ region }, { accountId }] = await Promise.all([aws.getRegion({}), aws.getCallerIdentity({})]);
  const foreign = foreignProblems(settings, { region, accountId });
  if (foreign.length > 0) throw notDeployable(foreign.sort());

  const { vpcId, subnetIds = [], endpointSecurityGroupId } = settings.network ?? {};
  const databases = settings.databases ?? [];
  const ofDatabases = (...keys: ("secretArn" | "adminSecretArn" | "securityGroupId")[]): Named[] =>
    databases.flatMap((database, i) => keys.flatMap((key) => named(`databases[${i}].${key}`, database[key])));
  const groups = [
    ...named("network.endpointSecurityGroupId", endpointSecurityGroupId),
    ...ofDatabases("securityGroupId"),
  ];
  const keys = [
    ...named("kmsKeyArn", settings.kmsKeyArn),
    ...settings.additionalKmsKeyArns.flatMap((arn, i) => named(`additionalKmsKeyArns[${i}]`, arn)),
  ];

  const lookup = new Lookup(settings, region, accountId);
  const [subnets] = await Promise.all([
    Promise.all(subnetIds.map((id, i) => lookup.subnet({ path: `network.subnetIds[${i}]`, id }))),
    ...named("network.vpcId", vpcId).map((one) => lookup.vpc(one)),
    ...groups.filter(once).map((one) => lookup.securityGroup(one)),
    ...keys.map((one) => lookup.key(one)),
    ...ofDatabases("secretArn", "adminSecretArn")
      .filter(once)
      .map((one) => lookup.secret(one)),
    ...databases.map((database, i) => lookup.firstPassword(`databases[${i}]`, database)),
  ]);
  if (lookup.problems.length > 0) throw notDeployable(lookup.problems.sort());
  return subnets.filter((subnet) => subnet !== undefined);
}

function named(path: string, id: string | undefined): Named[] {
  return id === undefined ? [] : [{ path, id }];
}

function once({ id }: Named, index: number, all: Named[]): boolean {
  return all.findIndex((other) => other.id === id) === index;
}
