// One database that exists already: its user's password, changed every 30 days by a function in the database's VPC.
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
// What the function may touch, and whose failures are reported.
const secretNamePatterns = ["orders/db"];

const key = new EncryptionKey("rotation", { alias: "rotation", logGroupNames: ["/aws/lambda/rotation"] });
// Without private DNS: what else is in the VPC goes on reaching Secrets Manager as it does.
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
    // The password until now: `pulumi config set --secret password`. It is dead a minute after the first deployment.
    password: config.requireSecret("password"),
    rotationLambdaArn: rotation.rotationLambdaArn,
  },
  // The first rotation comes at once: the function has to reach the database by then.
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
