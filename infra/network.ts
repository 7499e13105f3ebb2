import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { SecretsManagerEndpoint } from "../components";
import type { ZonedSubnet } from "./lookup";
import type { StackSettings } from "./schema";

/** The network of the rotation function. */
export interface FunctionNetwork {
  vpcId: pulumi.Input<string>;
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  endpointSecurityGroupId: pulumi.Input<string>;
  /** URL of Secrets Manager's API, if it is not the default URL of the region. */
  endpointUrl?: pulumi.Output<string>;
}

/** Name of the log group of the VPC flow logs. */
export function flowLogGroupName(prefix: string): string {
  return `/aws/vpc/${prefix}`;
}

/** The configured network, or a new VPC in two Availability Zones, without NAT and without access to the internet. */
export function makeNetwork(
  prefix: string,
  settings: StackSettings,
  existing: ZonedSubnet[],
  kmsKeyArn: pulumi.Input<string>,
): FunctionNetwork {
  const { vpcId, subnetIds } = settings.network ?? ownVpc(prefix, settings, kmsKeyArn);
  const configured = settings.network?.endpointSecurityGroupId;
  if (configured !== undefined) return { vpcId, subnetIds, endpointSecurityGroupId: configured };
  const own = settings.network === undefined;
  const endpoint = new SecretsManagerEndpoint(`${prefix}-secretsmanager`, {
    vpcId,
    subnetIds: own ? subnetIds : onePerZone(existing),
    // Other clients in an existing VPC keep their path to Secrets Manager.
    privateDns: own,
    tags: settings.tags,
  });
  const { securityGroupId: endpointSecurityGroupId, url } = endpoint;
  return { vpcId, subnetIds, endpointSecurityGroupId, ...(own ? {} : { endpointUrl: url }) };
}

/** One subnet for each Availability Zone: AWS rejects an endpoint with two subnets in one zone. */
function onePerZone(subnets: ZonedSubnet[]): string[] {
  const firsts = subnets.filter(({ zone }, index) => subnets.findIndex((other) => other.zone === zone) === index);
  return firsts.map(({ id }) => id);
}

function ownVpc(
  prefix: string,
  settings: StackSettings,
  kmsKeyArn: pulumi.Input<string>,
): Pick<FunctionNetwork, "vpcId" | "subnetIds"> {
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
  // Has no rule, so it allows no traffic.
  new aws.ec2.DefaultSecurityGroup(prefix, { vpcId: vpc.vpcId, tags });
  if (settings.flowLogs) flowLogs(prefix, vpc.vpcId, settings, kmsKeyArn);
  return { vpcId: vpc.vpcId, subnetIds: vpc.isolatedSubnetIds };
}

function flowLogs(
  prefix: string,
  vpcId: pulumi.Output<string>,
  { tags, function: fn }: StackSettings,
  kmsKeyArn: pulumi.Input<string>,
): void {
  const name = `${prefix}-flow`;
  const description = "Writes the flow logs of the rotation's VPC";
  const group = new aws.cloudwatch.LogGroup(name, {
    name: flowLogGroupName(prefix),
    retentionInDays: fn.logRetentionInDays,
    kmsKeyId: kmsKeyArn,
    tags,
  });
  const { accountId } = aws.getCallerIdentityOutput({});
  const role = new aws.iam.Role(name, {
    name,
    description,
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
  const policy = new aws.iam.Policy(name, {
    name,
    description,
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
  const attachment = new aws.iam.RolePolicyAttachment(name, { role: role.name, policyArn: policy.arn });
  new aws.ec2.FlowLog(
    prefix,
    { vpcId, trafficType: "ALL", logDestination: group.arn, iamRoleArn: role.arn, tags },
    { dependsOn: [attachment] },
  );
}
