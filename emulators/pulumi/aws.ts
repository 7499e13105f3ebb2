import { createHash } from "node:crypto";

/** The account of the emulated provider. */
export const accountId = "123456789012";

type Values = Record<string, unknown>;

/** Results of the provider's functions. Throws for an unknown function. */
export function answerCall(token: string, inputs: Values, region: string): Values {
  switch (token) {
    case "aws:index/getPartition:getPartition":
      return { partition: "aws", dnsSuffix: "amazonaws.com", id: "aws", reverseDnsPrefix: "com.amazonaws" };
    case "aws:index/getRegion:getRegion":
      return { region, name: region, id: region, description: region };
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId, arn: `arn:aws:iam::${accountId}:user/someone`, userId: "AIDA", id: accountId };
    case "aws:secretsmanager/getRandomPassword:getRandomPassword":
      return { randomPassword: randomPassword(Number(inputs.passwordLength)) };
    case "aws:ec2/getSubnet:getSubnet": {
      const subnet = String(inputs.id);
      // The zone after the first digit of the id.
      return { id: subnet, availabilityZone: `${region}${"abcdefghij"[Number(subnet.charAt(7)) || 0]}` };
    }
    case "aws:ec2/getVpc:getVpc":
    case "aws:ec2/getSecurityGroup:getSecurityGroup":
      return { id: inputs.id };
    case "aws:kms/getKey:getKey":
      return { id: inputs.keyId, enabled: true, keyState: "Enabled", keySpec: "SYMMETRIC_DEFAULT" };
    case "aws:secretsmanager/getSecret:getSecret":
      return { id: inputs.arn, arn: inputs.arn };
    case "aws:secretsmanager/getSecretVersions:getSecretVersions":
      throw new Error(`reading Secrets Manager Secret (${String(inputs.secretId)}) versions: couldn't find resource`);
    case "aws:resourcegroupstaggingapi/getResources:getResources":
      return { id: "resources", resourceTagMappingLists: [] };
    default:
      throw new Error(`no answer is defined for ${token}`);
  }
}

let passwords = 0;

/** Different each time, as in the service. */
function randomPassword(length: number): string {
  passwords += 1;
  return `Seed${passwords}`.padEnd(length, "aB3");
}

/** Types of which the program uses no output that AWS computes. */
const withoutOutputs = `pulumi:pulumi:Stack
  secrets-rotation:index:EncryptionKey secrets-rotation:index:NetworkPath secrets-rotation:index:RotatedSecret
  secrets-rotation:index:RotationFunction secrets-rotation:index:RotationMonitoring
  secrets-rotation:index:SecretsManagerEndpoint aws:iam/rolePolicyAttachment:RolePolicyAttachment aws:kms/alias:Alias
  aws:lambda/permission:Permission aws:ec2/flowLog:FlowLog aws:sns/topicPolicy:TopicPolicy
  aws:sns/topicSubscription:TopicSubscription aws:secretsmanager/secretRotation:SecretRotation
  aws:secretsmanager/tag:Tag aws:cloudwatch/eventTarget:EventTarget aws:cloudwatch/metricAlarm:MetricAlarm
  aws:cloudwatch/queryDefinition:QueryDefinition aws:cloudwatch/dashboard:Dashboard aws:rds/subnetGroup:SubnetGroup
  aws:rds/parameterGroup:ParameterGroup aws:ec2/defaultSecurityGroup:DefaultSecurityGroup`.split(/\s+/);

/** Outputs that AWS computes and the program uses. Throws for an unknown type. */
export function answerOutputs(
  { type, name, inputs }: { type: string; name: string; inputs: Values },
  region: string,
): Values {
  const resourceName = String(inputs.name ?? name);
  const arn = (service: string, resource: string): string => `arn:aws:${service}:${region}:${accountId}:${resource}`;
  const id = (prefix: string): string => `${prefix}-${hex(name)}`;
  if (withoutOutputs.includes(type)) return {};
  switch (type) {
    case "awsx:ec2:Vpc":
      return { vpcId: id("vpc"), isolatedSubnetIds: [id("subnet"), `${id("subnet")}b`] };
    case "aws:ec2/securityGroup:SecurityGroup":
      return { id: id("sg") };
    case "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":
    case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
      return { id: `sgr-${hex(type + name)}` };
    case "aws:ec2/vpcEndpoint:VpcEndpoint":
      return {
        id: id("vpce"),
        dnsEntries: [{ dnsName: `vpce-0a1b2c3d-4e5f.secretsmanager.${region}.vpce.amazonaws.com` }],
      };
    case "aws:kms/key:Key":
      return { id: hex(name), keyId: hex(name), arn: arn("kms", `key/${hex(name)}`) };
    case "aws:cloudwatch/logGroup:LogGroup":
      return { id: resourceName, arn: arn("logs", `log-group:${resourceName}`) };
    case "aws:iam/role:Role":
      return { id: resourceName, arn: `arn:aws:iam::${accountId}:role/${resourceName}` };
    case "aws:iam/policy:Policy":
      return {
        id: `arn:aws:iam::${accountId}:policy/${resourceName}`,
        arn: `arn:aws:iam::${accountId}:policy/${resourceName}`,
      };
    case "aws:lambda/function:Function":
      return { id: resourceName, arn: arn("lambda", `function:${resourceName}`) };
    case "aws:secretsmanager/secret:Secret": {
      const secret = arn("secretsmanager", `secret:${resourceName}-AbCdEf`);
      return { id: secret, arn: secret };
    }
    case "aws:secretsmanager/secretVersion:SecretVersion":
      return { id: `${String(inputs.secretId)}|seed-version`, versionId: "seed-version" };
    case "aws:sns/topic:Topic":
      return { id: arn("sns", resourceName), arn: arn("sns", resourceName) };
    case "aws:cloudwatch/eventRule:EventRule":
      return { id: resourceName, arn: arn("events", `rule/${resourceName}`) };
    case "aws:rds/instance:Instance":
      return { id: resourceName, address: `${String(inputs.identifier)}.abcdefghijkl.${region}.rds.amazonaws.com` };
    default:
      throw new Error(`no answer is defined for ${type} (${name})`);
  }
}

/** Seventeen hexadecimal digits, the same for the same name. */
function hex(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 17);
}
