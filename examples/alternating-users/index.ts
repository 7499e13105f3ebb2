// Two alternating users, so that no login is refused. RDS manages and rotates the administrator's secret.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { NetworkPath, RotatedSecret, RotationFunction, Strategy } from "secrets-rotation";

const config = new pulumi.Config();
const kmsKeyArn = config.require("kmsKeyArn");

// A database whose master password RDS manages (`manageMasterUserPassword`).
const database = aws.rds.getInstanceOutput({ dbInstanceIdentifier: config.require("databaseIdentifier") });
const admin = database.masterUserSecrets.apply(([secret]) => {
  if (secret === undefined) throw new Error("RDS does not manage the master password of this database");
  return secret;
});

const rotation = new RotationFunction("rotation", {
  name: "rotation",
  vpcId: config.require("vpcId"),
  subnetIds: config.requireObject<string[]>("subnetIds"),
  endpointSecurityGroupId: config.require("endpointSecurityGroupId"),
  kmsKeyArn,
  secretNamePatterns: ["reporting/db"],
  adminSecretArns: [admin.secretArn],
  additionalKmsKeyArns: [admin.kmsKeyId],
});
const path = new NetworkPath("reporting", {
  fromSecurityGroupId: rotation.securityGroupId,
  toSecurityGroupId: config.require("databaseSecurityGroupId"),
  port: 5432,
  description: "Rotation function to the reporting database",
});
const reporting = new RotatedSecret(
  "reporting",
  {
    name: "reporting/db",
    kmsKeyId: kmsKeyArn,
    host: database.address,
    port: database.port,
    dbname: "reporting",
    username: "reporting",
    strategy: Strategy.AlternatingUsers,
    adminSecretArn: admin.secretArn,
    // If the first rotation creates the user, the user becomes a member of this role.
    memberOf: ["reporting_owner"],
    rotationRules: { scheduleExpression: "rate(7 days)", duration: "3h" },
    rotationLambdaArn: rotation.rotationLambdaArn,
  },
  { dependsOn: [path] },
);

export const secretArn = reporting.secretArn;
