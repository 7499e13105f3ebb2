// One existing database: a function in the database's VPC changes the password of its user every 30 days.
import * as pulumi from "@pulumi/pulumi";
import {
  EncryptionKey,
  NetworkPath,
  RotatedSecret,
  RotationFunction,
  RotationMonitoring,
  SecretsManagerEndpoint,
} from "secrets-rotation";

const config = new pulumi.Config();
const vpcId = config.require("vpcId");
const subnetIds = config.requireObject<string[]>("subnetIds");
// The secrets that the function may rotate, and whose failures are reported.
const secretNamePatterns = ["orders/db"];

const key = new EncryptionKey("rotation", { alias: "rotation", logGroupNames: ["/aws/lambda/rotation"] });
// Without private DNS, other clients in the VPC keep their path to Secrets Manager.
const endpoint = new SecretsManagerEndpoint("rotation", { vpcId, subnetIds, privateDns: false });
const rotation = new RotationFunction("rotation", {
  name: "rotation",
  vpcId,
  subnetIds,
  endpointSecurityGroupId: endpoint.securityGroupId,
  environment: { SECRETS_MANAGER_ENDPOINT: endpoint.url },
  kmsKeyArn: key.arn,
  secretNamePatterns,
});

const path = new NetworkPath("orders", {
  fromSecurityGroupId: rotation.securityGroupId,
  toSecurityGroupId: config.require("databaseSecurityGroupId"),
  port: 5432,
  description: "Rotation function to the orders database",
});
const orders = new RotatedSecret(
  "orders",
  {
    name: "orders/db",
    kmsKeyId: key.arn,
    host: config.require("host"),
    dbname: "orders",
    username: "orders",
    // The current password: `pulumi config set --secret password`. The first rotation replaces it.
    password: config.requireSecret("password"),
    rotationLambdaArn: rotation.rotationLambdaArn,
  },
  // The first rotation starts immediately: the function must be able to connect to the database.
  { dependsOn: [path] },
);

const monitoring = new RotationMonitoring("rotation", {
  functionName: rotation.name,
  functionArn: rotation.arn,
  logGroupName: rotation.logGroupName,
  kmsKeyArn: key.arn,
  secretNamePatterns,
  emails: ["database-team@example.com"],
});

export const secretArn = orders.secretArn;
export const alarmTopicArn = monitoring.topicArn;
