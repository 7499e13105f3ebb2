/**
 * The calls of Pulumi's AWS provider to create, read, update and delete each resource type of a stack in an existing
 * network, and the calls of each provider function that the program uses. Sources: the provider's code,
 * https://github.com/hashicorp/terraform-provider-aws, and for `lambda:InvokeFunction`
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html.
 */
const providerCalls: Readonly<Record<string, string>> = {
  "aws:secretsmanager/secret:Secret":
    "secretsmanager: CreateSecret DescribeSecret GetResourcePolicy UpdateSecret DeleteSecret TagResource UntagResource ReplicateSecretToRegions RemoveRegionsFromReplication",
  "aws:secretsmanager/secretVersion:SecretVersion":
    "secretsmanager: PutSecretValue GetSecretValue DescribeSecret kms: Decrypt GenerateDataKey",
  "aws:secretsmanager/secretRotation:SecretRotation":
    "secretsmanager: RotateSecret CancelRotateSecret DescribeSecret lambda: InvokeFunction",
  "aws:secretsmanager/tag:Tag": "secretsmanager: TagResource UntagResource DescribeSecret",
  "aws:kms/key:Key":
    "kms: CreateKey DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags EnableKeyRotation PutKeyPolicy TagResource UntagResource UpdateKeyDescription ScheduleKeyDeletion",
  "aws:kms/alias:Alias": "kms: CreateAlias DeleteAlias ListAliases UpdateAlias",
  "aws:lambda/function:Function":
    "lambda: CreateFunction GetFunction GetFunctionCodeSigningConfig ListVersionsByFunction UpdateFunctionCode UpdateFunctionConfiguration PutFunctionConcurrency DeleteFunctionConcurrency TagResource UntagResource DeleteFunction iam: PassRole kms: CreateGrant ec2: DescribeVpcs DescribeSubnets DescribeSecurityGroups DescribeNetworkInterfaces",
  "aws:lambda/permission:Permission": "lambda: AddPermission GetPolicy RemovePermission",
  "aws:cloudwatch/logGroup:LogGroup":
    "logs: CreateLogGroup DescribeLogGroups PutRetentionPolicy DeleteRetentionPolicy ListTagsForResource TagResource UntagResource AssociateKmsKey DisassociateKmsKey DeleteLogGroup",
  "aws:cloudwatch/queryDefinition:QueryDefinition":
    "logs: PutQueryDefinition DescribeQueryDefinitions DeleteQueryDefinition",
  "aws:cloudwatch/metricAlarm:MetricAlarm":
    "cloudwatch: PutMetricAlarm DescribeAlarms ListTagsForResource TagResource UntagResource DeleteAlarms",
  "aws:cloudwatch/dashboard:Dashboard": "cloudwatch: PutDashboard GetDashboard DeleteDashboards",
  "aws:cloudwatch/eventRule:EventRule":
    "events: PutRule DescribeRule ListTagsForResource TagResource UntagResource DeleteRule",
  "aws:cloudwatch/eventTarget:EventTarget": "events: PutTargets ListTargetsByRule RemoveTargets",
  "aws:sns/topic:Topic":
    "sns: CreateTopic GetTopicAttributes SetTopicAttributes ListTagsForResource TagResource UntagResource DeleteTopic",
  "aws:sns/topicPolicy:TopicPolicy": "sns: GetTopicAttributes SetTopicAttributes",
  "aws:sns/topicSubscription:TopicSubscription": "sns: Subscribe GetSubscriptionAttributes Unsubscribe",
  "aws:iam/role:Role":
    "iam: CreateRole GetRole ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole UpdateRole UpdateAssumeRolePolicy TagRole UntagRole DeleteRole",
  "aws:iam/policy:Policy":
    "iam: CreatePolicy GetPolicy GetPolicyVersion ListPolicyVersions CreatePolicyVersion DeletePolicyVersion TagPolicy UntagPolicy DeletePolicy",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment":
    "iam: AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies",
  "aws:ec2/securityGroup:SecurityGroup":
    "ec2: CreateSecurityGroup DescribeSecurityGroups DescribeNetworkInterfaces RevokeSecurityGroupEgress CreateTags DeleteTags DeleteSecurityGroup",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":
    "ec2: AuthorizeSecurityGroupEgress DescribeSecurityGroupRules ModifySecurityGroupRules RevokeSecurityGroupEgress CreateTags DeleteTags",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
    "ec2: AuthorizeSecurityGroupIngress DescribeSecurityGroupRules ModifySecurityGroupRules RevokeSecurityGroupIngress CreateTags DeleteTags",
  "aws:ec2/vpcEndpoint:VpcEndpoint":
    "ec2: CreateVpcEndpoint DescribeVpcEndpoints DescribePrefixLists ModifyVpcEndpoint CreateTags DeleteTags DeleteVpcEndpoints",
  "aws:index/getPartition:getPartition": "",
  "aws:index/getRegion:getRegion": "",
  "aws:index/getCallerIdentity:getCallerIdentity": "",
  "aws:secretsmanager/getRandomPassword:getRandomPassword": "secretsmanager: GetRandomPassword",
  "aws:secretsmanager/getSecret:getSecret": "secretsmanager: DescribeSecret GetResourcePolicy",
  "aws:secretsmanager/getSecretVersions:getSecretVersions": "secretsmanager: ListSecretVersionIds",
  "aws:resourcegroupstaggingapi/getResources:getResources": "tag: GetResources",
  "aws:ec2/getVpc:getVpc": "ec2: DescribeVpcs DescribeVpcAttribute DescribeRouteTables",
  "aws:ec2/getSubnet:getSubnet": "ec2: DescribeSubnets",
  "aws:ec2/getSecurityGroup:getSecurityGroup": "ec2: DescribeSecurityGroups",
  "aws:kms/getKey:getKey": "kms: DescribeKey",
};

/** The IAM actions of a resource type or a provider function. @throws Error if the table does not contain it */
export function actionsOf(token: string): string[] {
  const text = providerCalls[token];
  if (text === undefined) throw new Error(`scripts/deployerPolicy.ts has no calls for ${token}`);
  let service = "";
  return text.split(" ").flatMap((word) => {
    if (word.endsWith(":")) service = word;
    return word === "" || word.endsWith(":") ? [] : [service + word];
  });
}

/** The ARNs of a stack's resources in a service; `*` if their names are not known before the deployment. */
function resourcesOf(stack: string, service: string): string[] {
  const name = `${stack}-secrets-rotation`;
  const arnOf = (of: string, resource: string): string => `arn:aws:${of}:*:*:${resource}`;
  const resources: Record<string, string[]> = {
    lambda: [arnOf("lambda", `function:${name}`)],
    iam: [`arn:aws:iam::*:role/${name}`, `arn:aws:iam::*:policy/${name}-*`],
    events: [arnOf("events", `rule/${name}-*`)],
    sns: [arnOf("sns", `${name}-alarms`), arnOf("sns", `${name}-alarms:*`)],
  };
  return resources[service] ?? ["*"];
}

/** The IAM policy of the role that deploys a stack in an existing network. */
export function deployerPolicy(stack: string): object {
  const actions = [...new Set(Object.keys(providerCalls).flatMap(actionsOf))].sort();
  const services = [...new Set(actions.map((action) => action.split(":")[0] ?? ""))];
  return {
    Version: "2012-10-17",
    Statement: services.flatMap((service) => {
      const serviceActions = actions.filter((action) => action.startsWith(`${service}:`));
      const passRoleActions = serviceActions.filter((action) => action === "iam:PassRole");
      const Resource = resourcesOf(stack, service);
      return [
        { Effect: "Allow", Action: serviceActions.filter((action) => action !== "iam:PassRole"), Resource },
        ...passRoleActions.map((Action) => ({
          ...{ Effect: "Allow", Action: [Action], Resource: Resource.slice(0, 1) },
          Condition: { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } },
        })),
      ];
    }),
  };
}
