import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { generatedPassword, scheduleRules } from "../components";
import type { RotationTarget } from "./databases";
import type { FunctionNetwork } from "./network";
import type { StackSettings } from "./schema";

const port = 5432;

/** Name of the log group of the database's log. */
export function databaseLogGroupName(prefix: string): string {
  return `/aws/rds/instance/${prefix}-db/postgresql`;
}

/**
 * Creates a small PostgreSQL database for trials: encrypted, private, TLS only, with a generated first password.
 *
 * @returns its rotation target
 */
export function makeDevDatabase(
  prefix: string,
  { vpcId, subnetIds }: FunctionNetwork,
  kmsKeyArn: pulumi.Input<string>,
  { tags, schedule, function: fn }: StackSettings,
): RotationTarget {
  const name = `${prefix}-db`;
  const username = "control_plane";
  const dbname = "control_plane";
  const firstPassword = generatedPassword();
  const group = new aws.ec2.SecurityGroup(name, {
    description: "PostgreSQL: lets the rotation function in",
    vpcId,
    tags,
  });
  const subnetGroup = new aws.rds.SubnetGroup(name, {
    name,
    description: "Subnets of the rotation's database",
    subnetIds,
    tags,
  });
  const parameters = new aws.rds.ParameterGroup(name, {
    name,
    description: "TLS only",
    family: "postgres17",
    parameters: [
      { name: "rds.force_ssl", value: "1" },
      { name: "password_encryption", value: "scram-sha-256" },
    ],
    tags,
  });
  // Without this, RDS would create the log group, without a retention, and leave it behind.
  const logGroup = new aws.cloudwatch.LogGroup(name, {
    name: databaseLogGroupName(prefix),
    retentionInDays: fn.logRetentionInDays,
    kmsKeyId: kmsKeyArn,
    tags,
  });
  const instance = new aws.rds.Instance(
    name,
    {
      identifier: name,
      engine: "postgres",
      engineVersion: "17",
      instanceClass: "db.t4g.micro",
      allocatedStorage: 20,
      storageType: "gp3",
      storageEncrypted: true,
      kmsKeyId: kmsKeyArn,
      dbName: dbname,
      port,
      username,
      password: firstPassword,
      dbSubnetGroupName: subnetGroup.name,
      vpcSecurityGroupIds: [group.id],
      parameterGroupName: parameters.name,
      publiclyAccessible: false,
      multiAz: false,
      caCertIdentifier: "rds-ca-rsa2048-g1",
      iamDatabaseAuthenticationEnabled: true,
      enabledCloudwatchLogsExports: ["postgresql"],
      autoMinorVersionUpgrade: true,
      backupRetentionPeriod: 7,
      copyTagsToSnapshot: true,
      deletionProtection: false,
      skipFinalSnapshot: true,
      applyImmediately: true,
      tags,
    },
    // The rotation changes the password: writing it again would lock out all clients.
    { ignoreChanges: ["password"], dependsOn: [logGroup] },
  );
  const secretName = `ananta/${pulumi.getStack()}/control-plane-db`;
  return {
    secretName,
    path: { key: "database", toSecurityGroupId: group.id, port },
    args: {
      name: secretName,
      host: instance.address,
      port: instance.port,
      dbname,
      username,
      // The password that the database was created with. After an interrupted `up`, it differs from this evaluation's.
      password: pulumi.secret(pulumi.all([instance.password, firstPassword]).apply(([made, first]) => made ?? first)),
      rotationRules: scheduleRules(schedule),
    },
  };
}
