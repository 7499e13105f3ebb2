import type { Replica, RotatedSecretArgs } from "./rotatedSecret";
import { type RotationRules, scheduleProblems } from "./schedule";
import { Strategy } from "./strategy";

export const defaultRules: RotationRules = { automaticallyAfterDays: 30 };

/** What cannot work in the arguments of a `RotatedSecret`, each with what to set; empty when nothing. */
export function rotatedSecretProblems(args: RotatedSecretArgs): string[] {
  const { strategy, adminSecretArn, username } = args;
  const problems = scheduleProblems(args.rotationRules ?? defaultRules).map(
    (problem) => `\`rotationRules\`: ${problem}`,
  );
  const demand = (keys: readonly (keyof RotatedSecretArgs)[], why: string): void => {
    for (const key of keys) if (args[key] === undefined) problems.push(`\`${key}\` is missing: ${why}`);
  };
  if (args.secretArn === undefined) {
    demand(["name", "kmsKeyId", "host", "username"], "set it, or `secretArn` for a secret that exists");
    if (args.password === undefined && adminSecretArn === undefined) {
      problems.push("`password` is missing: set it, or `adminSecretArn` for a database that does not know it yet");
    }
  } else {
    if (adminSecretArn !== undefined) {
      demand(["host", "username"], "with `adminSecretArn`, it says which user the administrator may change, and where");
    } else if ((args.host === undefined) !== (username === undefined)) {
      demand(["host", "username"], "set both `host` and `username`, or neither");
    }
    for (const key of ["name", "kmsKeyId", "dbname", "password", "replicaRegions", "replicas"] as const) {
      if (args[key] !== undefined)
        problems.push(`\`${key}\` is for a secret that is created: remove it, or \`secretArn\``);
    }
  }
  if (strategy === Strategy.AlternatingUsers) {
    demand(["adminSecretArn"], "alternating users need an administrator");
    if (typeof username === "string" && username.endsWith("_clone")) {
      problems.push("`username` ends in `_clone`: set the user's own name, to which the function adds `_clone`");
    }
  }
  const regions = replicasOf(args).map(({ region }) => region);
  if (new Set(regions).size < regions.length) problems.push("`replicas`: set each region once");
  return problems;
}

/** The copies that the arguments ask for, one way or the other. */
export function replicasOf({ replicaRegions = [], replicas = [] }: RotatedSecretArgs): Replica[] {
  return [...replicaRegions.map((region) => ({ region })), ...replicas];
}
