/**
 * Inputs that can't be changed in place: another value makes a new resource and deletes the old one. By the AWS
 * provider's documentation ("Forces new resource"); where it is in doubt, an input is listed.
 */
export const replacing: Readonly<Record<string, readonly string[]>> = {
  "aws:cloudwatch/dashboard:Dashboard": ["dashboardName"],
  "aws:cloudwatch/eventRule:EventRule": ["name", "namePrefix", "eventBusName"],
  "aws:cloudwatch/eventTarget:EventTarget": ["rule", "targetId", "eventBusName"],
  "aws:cloudwatch/logGroup:LogGroup": ["name", "namePrefix", "logGroupClass"],
  "aws:cloudwatch/metricAlarm:MetricAlarm": ["name"],
  "aws:cloudwatch/queryDefinition:QueryDefinition": [],
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ["vpcId"],
  "aws:ec2/flowLog:FlowLog": [
    ...["vpcId", "trafficType", "logDestination", "logDestinationType", "iamRoleArn", "logFormat"],
    "maxAggregationInterval",
  ],
  "aws:ec2/securityGroup:SecurityGroup": ["name", "namePrefix", "description", "vpcId"],
  "aws:ec2/vpcEndpoint:VpcEndpoint": ["vpcId", "serviceName", "serviceRegion", "vpcEndpointType"],
  "aws:iam/policy:Policy": ["name", "namePrefix", "path", "description"],
  "aws:iam/role:Role": ["name", "namePrefix", "path"],
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ["role", "policyArn"],
  "aws:kms/alias:Alias": ["name", "namePrefix"],
  "aws:kms/key:Key": ["customerMasterKeySpec", "keyUsage", "customKeyStoreId", "multiRegion", "xksKeyId"],
  "aws:lambda/function:Function": ["name", "packageType"],
  "aws:lambda/permission:Permission": [
    ...["action", "function", "principal", "sourceAccount", "sourceArn", "statementId", "statementIdPrefix"],
    ...["qualifier", "eventSourceToken", "functionUrlAuthType", "principalOrgId"],
  ],
  "aws:rds/instance:Instance": [
    ...["identifier", "engine", "username", "dbName", "storageEncrypted", "kmsKeyId", "availabilityZone"],
    ...["snapshotIdentifier", "characterSetName", "timezone"],
  ],
  "aws:rds/parameterGroup:ParameterGroup": ["name", "namePrefix", "family", "description"],
  "aws:rds/subnetGroup:SubnetGroup": ["name", "namePrefix"],
  "aws:secretsmanager/secret:Secret": ["name", "namePrefix", "type"],
  "aws:secretsmanager/secretRotation:SecretRotation": ["secretId"],
  "aws:secretsmanager/secretVersion:SecretVersion": [
    ...["secretId", "secretString", "secretBinary", "secretStringWoVersion"],
  ],
  "aws:secretsmanager/tag:Tag": ["secretId", "key"],
  "aws:sns/topic:Topic": ["name", "namePrefix", "fifoTopic"],
  "aws:sns/topicPolicy:TopicPolicy": ["arn"],
  "aws:sns/topicSubscription:TopicSubscription": ["topic", "protocol", "endpoint"],
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ["securityGroupId"],
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ["securityGroupId"],
  // Of the resources that it makes in turn.
  "awsx:ec2:Vpc": ["cidrBlock", "numberOfAvailabilityZones", "subnetSpecs", "subnetStrategy"],
};
