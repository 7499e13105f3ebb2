import type { Replica, RotatedSecretArgs } from "./rotatedSecretArgs";
import { type RotationRules, scheduleProblems } from "./schedule";
import { Strategy } from "./strategy";

export const defaultRotationRules: RotationRules = { automaticallyAfterDays: 30 };

/** The problems in the arguments of a `RotatedSecret`, each with a remedy. Empty if the arguments are valid. */
export function rotatedSecretProblems(args: RotatedSecretArgs): string[] {
  const { strategy, adminSecretArn, username } = args;
  const problems = scheduleProblems(args.rotationRules ?? defaultRotationRules).map(
    (problem) => `\`rotationRules\`: ${problem}`,
  );
  const requireKeys = (keys: readonly (keyof RotatedSecretArgs)[], why: string): void => {
    for (const key of keys) if (args[key] === undefined) problems.push(`\`${key}\` is missing: ${why}`);
  };
  if (args.secretArn === undefined) {
    requireKeys(["name", "kmsKeyId", "host", "username"], "set it, or set `secretArn` for an existing secret");
    if (args.password === undefined && adminSecretArn === undefined) {
      problems.push(
        "`password` is missing: set it, or set `adminSecretArn` so that the first rotation sets a password",
      );
    }
  } else {
    if (adminSecretArn !== undefined) {
      requireKeys(
        ["host", "username"],
        "with `adminSecretArn`, set the user that the administrator may change, and its host",
      );
    } else if ((args.host === undefined) !== (username === undefined)) {
      requireKeys(["host", "username"], "set both `host` and `username`, or neither");
    }
    for (const key of ["name", "kmsKeyId", "dbname", "password", "replicaRegions", "replicas"] as const) {
      if (args[key] !== undefined)
        problems.push(`\`${key}\` applies only to a secret that is created: remove it, or remove \`secretArn\``);
    }
  }
  if (strategy === Strategy.AlternatingUsers) {
    requireKeys(["adminSecretArn"], "the alternating-users strategy needs an administrator");
    if (typeof username === "string" && username.endsWith("_clone")) {
      problems.push("`username` ends in `_clone`: set the name without `_clone`, which the function adds");
    }
  }
  const regions = replicasOf(args).map(({ region }) => region);
  if (new Set(regions).size < regions.length) problems.push("`replicas` names a region twice: set each region once");
  return problems;
}

/** The replicas of `replicaRegions` and of `replicas`. */
export function replicasOf({ replicaRegions = [], replicas = [] }: RotatedSecretArgs): Replica[] {
  return [...replicaRegions.map((region) => ({ region })), ...replicas];
}
