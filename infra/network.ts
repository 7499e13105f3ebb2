import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { SecretsManagerEndpoint } from "../components";
import type { Settings } from "./schema";
import { warnOfOneZone, type ZonedSubnet } from "./warnings";

/** Where the function lives. */
export interface Network {
  vpcId: pulumi.Input<string>;
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  endpointSecurityGroupId: pulumi.Input<string>;
  /** Of Secrets Manager's API, where it is not the region's own. */
  endpointUrl?: pulumi.Output<string>;
}

/** Name of the log group of the own VPC's flow logs. */
export function flowLogGroupName(prefix: string): string {
  return `/aws/vpc/${prefix}`;
}

/** The network of the configuration, or one of the stack's own: two zones, no NAT, no way to the internet. */
export function makeNetwork(prefix: string, settings: Settings, kmsKeyArn: pulumi.Input<string>): Network {
  const { vpcId, subnetIds } = settings.network ?? ownVpc(prefix, settings, kmsKeyArn);
  const existing = settings.network && inZones(settings.network.subnetIds);
  if (existing !== undefined) warnOfOneZone(existing);
  const given = settings.network?.endpointSecurityGroupId;
  if (given !== undefined) return { vpcId, subnetIds, endpointSecurityGroupId: given };
  const endpoint = new SecretsManagerEndpoint(`${prefix}-secretsmanager`, {
    vpcId,
    subnetIds: existing === undefined ? subnetIds : existing.apply(onePerZone),
    // Others in a VPC that was there before go on reaching Secrets Manager as they do.
    privateDns: existing === undefined,
    tags: settings.tags,
  });
  const { securityGroupId: endpointSecurityGroupId, url } = endpoint;
  return { vpcId, subnetIds, endpointSecurityGroupId, ...(existing === undefined ? {} : { endpointUrl: url }) };
}

function inZones(subnetIds: string[]): pulumi.Output<ZonedSubnet[]> {
  return pulumi.all(
    subnetIds.map((id) => aws.ec2.getSubnetOutput({ id }).availabilityZone.apply((zone) => ({ id, zone }))),
  );
}

/** An endpoint has one interface in a zone, and is refused with two subnets of the same one. */
function onePerZone(subnets: ZonedSubnet[]): string[] {
  const firsts = subnets.filter(({ zone }, index) => subnets.findIndex((other) => other.zone === zone) === index);
  return firsts.map(({ id }) => id);
}

function ownVpc(
  prefix: string,
  settings: Settings,
  kmsKeyArn: pulumi.Input<string>,
): Pick<Network, "vpcId" | "subnetIds"> {
  const { tags } = settings;
  const vpc = new awsx.ec2.Vpc(prefix, {
    cidrBlock: "10.42.0.0/16",
    numberOfAvailabilityZones: 2,
    enableDnsHostnames: true,
    subnetStrategy: "Auto",
    subnetSpecs: [{ type: "Isolated", cidrMask: 24 }],
    natGateways: { strategy: "None" },
    tags,
  });
  // Without a rule: nothing in, nothing out.
  new aws.ec2.DefaultSecurityGroup(prefix, { vpcId: vpc.vpcId, tags });
  if (settings.flowLogs) flowLogs(prefix, vpc.vpcId, settings, kmsKeyArn);
  return { vpcId: vpc.vpcId, subnetIds: vpc.isolatedSubnetIds };
}

function flowLogs(
  prefix: string,
  vpcId: pulumi.Output<string>,
  { tags, function: fn }: Settings,
  kmsKeyArn: pulumi.Input<string>,
): void {
  const group = new aws.cloudwatch.LogGroup(`${prefix}-flow`, {
    name: flowLogGroupName(prefix),
    retentionInDays: fn.logRetentionInDays,
    kmsKeyId: kmsKeyArn,
    tags,
  });
  const { accountId } = aws.getCallerIdentityOutput({});
  const role = new aws.iam.Role(`${prefix}-flow`, {
    name: `${prefix}-flow`,
    description: "Writes the flow logs of the rotation's VPC",
    assumeRolePolicy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "vpc-flow-logs.amazonaws.com" },
          Action: ["sts:AssumeRole"],
          Condition: { StringEquals: { "aws:SourceAccount": accountId } },
        },
      ],
    }),
    tags,
  });
  const policy = new aws.iam.Policy(`${prefix}-flow`, {
    name: `${prefix}-flow`,
    description: "Writes the flow logs of the rotation's VPC",
    policy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
          Resource: [group.arn, pulumi.interpolate`${group.arn}:*`],
        },
      ],
    }),
    tags,
  });
  const attachment = new aws.iam.RolePolicyAttachment(`${prefix}-flow`, { role: role.name, policyArn: policy.arn });
  new aws.ec2.FlowLog(
    prefix,
    { vpcId, trafficType: "ALL", logDestination: group.arn, iamRoleArn: role.arn, tags },
    { dependsOn: [attachment] },
  );
}
