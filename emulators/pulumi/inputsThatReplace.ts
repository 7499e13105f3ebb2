/**
 * For each resource type that an upgrade must keep, the inputs that cannot be changed in place. These resources contain
 * data, or their replacement interrupts rotation: secrets, keys, logs, the topic with its confirmed subscriptions, the
 * database, the VPC. Source: the AWS provider's documentation ("Forces new resource"). In doubt, an input is listed.
 */
export const inputsThatReplace: Readonly<Record<string, readonly string[]>> = {
  "aws:cloudwatch/logGroup:LogGroup": ["name", "namePrefix", "logGroupClass"],
  "aws:kms/key:Key": ["customerMasterKeySpec", "keyUsage", "customKeyStoreId", "multiRegion", "xksKeyId"],
  "aws:lambda/function:Function": ["name", "packageType"],
  "aws:rds/instance:Instance": [
    ...["identifier", "engine", "username", "dbName", "storageEncrypted", "kmsKeyId", "availabilityZone"],
    ...["snapshotIdentifier", "characterSetName", "timezone"],
  ],
  "aws:secretsmanager/secret:Secret": ["name", "namePrefix", "type"],
  "aws:secretsmanager/secretRotation:SecretRotation": ["secretId"],
  "aws:secretsmanager/secretVersion:SecretVersion": [
    ...["secretId", "secretString", "secretBinary", "secretStringWoVersion"],
  ],
  "aws:sns/topic:Topic": ["name", "namePrefix", "fifoTopic"],
  // These inputs replace the resources inside the VPC component.
  "awsx:ec2:Vpc": ["cidrBlock", "numberOfAvailabilityZones", "subnetSpecs", "subnetStrategy"],
};
