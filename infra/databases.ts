import * as pulumi from "@pulumi/pulumi";
import { NetworkPath, RotatedSecret, type RotatedSecretArgs, type RotationFunction, spreadStart } from "../components";
import { replicaOf, rulesOf } from "./databaseSchema";
import { defined } from "./defined";
import type { DevDatabase } from "./devDatabase";
import type { Settings } from "./schema";
import { secretNameOf } from "./secretNames";

/** A database to rotate: how to reach it, and its secret. */
export interface Target {
  /** Name of the secret, which names the resources as well. */
  secretName: string;
  /** Where the function has to get to, named by what it is so that a new order of the list changes nothing. */
  path: { key: string; toSecurityGroupId?: pulumi.Input<string>; cidrIpv4?: string; port: number };
  args: Omit<RotatedSecretArgs, "rotationLambdaArn" | "kmsKeyId" | "recoveryWindowInDays" | "tags">;
}

/** The configuration's databases. */
export function configuredTargets(settings: Settings): Target[] {
  return (settings.databases ?? []).map((database) => {
    const secretName = secretNameOf(database);
    const { securityGroupId, cidr, port, secretArn, host, username, replicaRegions } = database;
    const { strategy, adminSecretArn, memberOf, rotateImmediately } = database;
    const password = settings.passwords[secretName];
    return {
      secretName,
      path: {
        key: `${securityGroupId ?? cidr}-${port}`,
        ...defined({ toSecurityGroupId: securityGroupId, cidrIpv4: cidr }),
        port,
      },
      args: {
        ...(secretArn === undefined ? { name: secretName } : { secretArn }),
        ...defined({ host, username, strategy, adminSecretArn, memberOf, rotateImmediately, dbname: database.dbname }),
        port,
        ...(password === undefined ? {} : { password: pulumi.secret(password) }),
        ...(replicaRegions === undefined ? {} : { replicas: replicaRegions.map(replicaOf) }),
        rotationRules: spreadStart(rulesOf(database.schedule ?? settings.schedule), secretName),
      },
    };
  });
}

/** The stack's own database. */
export function devTarget(secretName: string, database: DevDatabase, settings: Settings): Target {
  const { host, port, rulePort, dbname, username, password, securityGroupId } = database;
  return {
    secretName,
    path: { key: "database", toSecurityGroupId: securityGroupId, port: rulePort },
    args: { name: secretName, host, port, dbname, username, password, rotationRules: rulesOf(settings.schedule) },
  };
}

/** The secrets with their rotation, each once the function reaches its database. */
export function makeSecrets(
  prefix: string,
  targets: Target[],
  fn: RotationFunction,
  kmsKeyId: pulumi.Input<string>,
  { tags, recoveryWindowInDays, protect }: Settings,
): RotatedSecret[] {
  const paths = new Map<string, NetworkPath>();
  return targets.map(({ secretName, path: { key, ...to }, args }) => {
    const path =
      paths.get(key) ??
      new NetworkPath(`${prefix}-${key}`, {
        fromSecurityGroupId: fn.securityGroupId,
        ...to,
        description: "Rotation function to PostgreSQL",
        tags,
      });
    paths.set(key, path);
    return new RotatedSecret(
      secretName,
      {
        ...args,
        ...(args.secretArn === undefined ? { kmsKeyId, recoveryWindowInDays } : {}),
        rotationLambdaArn: fn.rotationLambdaArn,
        tags,
      },
      { dependsOn: [path], protect },
    );
  });
}
