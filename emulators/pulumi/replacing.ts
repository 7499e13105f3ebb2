/**
 * Types whose resources an upgrade must keep, because they contain data or their replacement interrupts rotation: secrets,
 * keys, logs, the topic with its confirmed subscriptions, the database, the VPC. For each, the inputs whose change replaces
 * the resource, by the AWS provider's documentation ("Forces new resource"). In doubt, an input is listed.
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
  // Of its child resources.
  "awsx:ec2:Vpc": ["cidrBlock", "numberOfAvailabilityZones", "subnetSpecs", "subnetStrategy"],
};
