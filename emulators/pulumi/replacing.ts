/**
 * The types of which an upgrade must keep each resource, as it holds data or its replacement interrupts rotation: secrets,
 * keys, logs, the topic with its confirmed subscriptions, the database, the VPC. With each, the inputs that cannot be
 * changed in place, by the AWS provider's documentation ("Forces new resource"); where it is in doubt, an input is listed.
 */
export const replacing: Readonly<Record<string, readonly string[]>> = {
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
  // Of the resources that it makes in turn.
  "awsx:ec2:Vpc": ["cidrBlock", "numberOfAvailabilityZones", "subnetSpecs", "subnetStrategy"],
};
