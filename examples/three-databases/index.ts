// Three databases on one function: each has a secret, a schedule and network rules of its own, and nothing else more.
import * as pulumi from "@pulumi/pulumi";
import { NetworkPath, RotatedSecret, RotationFunction, spreadStart } from "secrets-rotation";

const config = new pulumi.Config();
const kmsKeyArn = config.require("kmsKeyArn");

const rotation = new RotationFunction("rotation", {
  name: "rotation",
  vpcId: config.require("vpcId"),
  subnetIds: config.requireObject<string[]>("subnetIds"),
  endpointSecurityGroupId: config.require("endpointSecurityGroupId"),
  kmsKeyArn,
  // The function may touch these secrets only, however many there are.
  secretNamePatterns: ["shop/*"],
});

interface Database {
  host: string;
  securityGroupId: string;
}

const databases = config.requireObject<Record<"orders" | "customers" | "stock", Database>>("databases");
const passwords = config.requireSecretObject<Record<string, string>>("passwords");

export const secretArns = Object.entries(databases).map(([name, { host, securityGroupId }]) => {
  const path = new NetworkPath(name, {
    fromSecurityGroupId: rotation.securityGroupId,
    toSecurityGroupId: securityGroupId,
    port: 5432,
    description: `Rotation function to the ${name} database`,
  });
  const secret = new RotatedSecret(
    name,
    {
      name: `shop/${name}`,
      kmsKeyId: kmsKeyArn,
      host,
      username: name,
      password: passwords.apply((all) => all[name] ?? ""),
      // On Sundays between 2 and 6 o'clock, each at an hour of its own.
      rotationRules: spreadStart({ scheduleExpression: "cron(0 2 ? * SUN *)", duration: "4h" }, name),
      rotationLambdaArn: rotation.rotationLambdaArn,
    },
    { dependsOn: [path] },
  );
  return secret.secretArn;
});
