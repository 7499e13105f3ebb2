import * as pulumi from "@pulumi/pulumi";
import {
  NetworkPath,
  RotatedSecret,
  type RotatedSecretArgs,
  type RotationFunction,
  scheduleRules,
  spreadStart,
} from "../components";
import { replicaOf } from "./databaseSchema";
import type { DevDatabase } from "./devDatabase";
import { omitUndefined } from "./omitUndefined";
import type { StackSettings } from "./schema";
import { secretNameOf } from "./secretNames";

/** A secret to rotate, and the network path to its database. */
export interface RotationTarget {
  /** Name of the secret and of its Pulumi resources. */
  secretName: string;
  /** Network path to the database. Its key does not depend on the order of the list. */
  path: { key: string; toSecurityGroupId?: pulumi.Input<string>; cidrIpv4?: string; port: number };
  args: Omit<RotatedSecretArgs, "rotationLambdaArn" | "kmsKeyId" | "recoveryWindowInDays" | "tags">;
}

/** The rotation targets of the configured databases. */
export function configuredTargets(settings: StackSettings): RotationTarget[] {
  return (settings.databases ?? []).map((database) => {
    const secretName = secretNameOf(database);
    const { securityGroupId, cidr, port, secretArn, host, username, replicaRegions } = database;
    const { dbname, strategy, adminSecretArn, memberOf, rotateImmediately } = database;
    const password = settings.passwords[secretName];
    return {
      secretName,
      path: {
        key: `${securityGroupId ?? cidr}-${port}`,
        ...omitUndefined({ toSecurityGroupId: securityGroupId, cidrIpv4: cidr }),
        port,
      },
      args: {
        ...(secretArn === undefined ? { name: secretName } : { secretArn }),
        ...omitUndefined({ host, username, dbname, strategy, adminSecretArn, memberOf, rotateImmediately }),
        port,
        // Without an administrator, the password is missing only after the secret got its first value.
        ...((password !== undefined || (secretArn === undefined && adminSecretArn === undefined)) && {
          password: pulumi.secret(password ?? ""),
        }),
        ...omitUndefined({ replicas: replicaRegions?.map(replicaOf) }),
        rotationRules: spreadStart(scheduleRules(database.schedule ?? settings.schedule), secretName),
      },
    };
  });
}

/** The rotation target of the stack's own database. */
export function devTarget(database: DevDatabase, settings: StackSettings): RotationTarget {
  const secretName = `ananta/${pulumi.getStack()}/control-plane-db`;
  const { host, port, rulePort, dbname, username, password, securityGroupId } = database;
  return {
    secretName,
    path: { key: "database", toSecurityGroupId: securityGroupId, port: rulePort },
    args: { name: secretName, host, port, dbname, username, password, rotationRules: scheduleRules(settings.schedule) },
  };
}

/** Creates the secrets and their rotations. A rotation depends on the network path to its database. */
export function makeSecrets(
  prefix: string,
  targets: RotationTarget[],
  fn: RotationFunction,
  kmsKeyId: pulumi.Input<string>,
  { tags, recoveryWindowInDays, protect = false }: StackSettings,
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
