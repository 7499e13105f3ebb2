// Three databases with one rotation function. Each database has its own secret, schedule and network rules.
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
  // Limits the function to these secrets.
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
      // On Sundays between 02:00 and 06:00 UTC. Each database gets one hour of the window.
      rotationRules: spreadStart({ scheduleExpression: "cron(0 2 ? * SUN *)", duration: "4h" }, name),
      rotationLambdaArn: rotation.rotationLambdaArn,
    },
    { dependsOn: [path] },
  );
  return secret.secretArn;
});
