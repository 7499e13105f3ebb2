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
    const { secretName: name, securityGroupId, cidr, replicaRegions, schedule, ...sameInBoth } = database;
    const { port, secretArn, adminSecretArn } = database;
    const password = settings.passwords[secretName];
    return {
      secretName,
      path: {
        key: `${securityGroupId ?? cidr}-${port}`,
        ...omitUndefined({ toSecurityGroupId: securityGroupId, cidrIpv4: cidr }),
        port,
      },
      args: {
        ...omitUndefined({ ...sameInBoth, name, replicas: replicaRegions?.map(replicaOf) }),
        // Without an administrator, the password is missing only after the secret got its first value.
        ...((password !== undefined || (secretArn === undefined && adminSecretArn === undefined)) && {
          password: pulumi.secret(password ?? ""),
        }),
        rotationRules: spreadStart(scheduleRules(schedule ?? settings.schedule), secretName),
      },
    };
  });
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
