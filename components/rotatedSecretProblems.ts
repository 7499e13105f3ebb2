import {
  type DatabaseArguments,
  maxTags,
  problemsBetween,
  problemsOfTexts,
  roleProblem,
  settingCount,
} from "./databaseProblems";
import type { Replica, RotatedSecretArgs } from "./rotatedSecretArgs";
import { type RotationRules, scheduleProblems } from "./schedule";

export const defaultRotationRules: RotationRules = { automaticallyAfterDays: 30 };

/**
 * The problems in the arguments of a `RotatedSecret`, each with a remedy. Empty if the arguments are valid. A value that
 * is known only after another resource exists is not checked.
 */
export function rotatedSecretProblems(args: RotatedSecretArgs): string[] {
  const { name: secretName, ...rest } = args;
  const given: DatabaseArguments = { ...rest, secretName };
  const problems = [
    ...scheduleProblems(args.rotationRules ?? defaultRotationRules).map((message) => ({
      key: "rotationRules",
      message,
    })),
    ...problemsOfTexts(given),
    ...rolesOf(args).flatMap((role) => {
      const message = roleProblem(role);
      return message === undefined ? [] : [{ key: "memberOf", message: `${JSON.stringify(role)}: ${message}` }];
    }),
    ...problemsBetween(given),
    ...ownProblems(args),
  ];
  return problems.map(({ key, message }) =>
    `\`${key}\`: ${message}`.replaceAll("`secretName`", "`name`").replaceAll("the stack creates", "is created"),
  );
}

/** The problems of arguments that a stack's configuration does not have for each database. */
function ownProblems(args: RotatedSecretArgs): { key: string; message: string }[] {
  const problems: { key: string; message: string }[] = [];
  const add = (key: keyof RotatedSecretArgs, message: string): void => void problems.push({ key, message });
  if (args.secretArn === undefined) {
    if (args.kmsKeyId === undefined) add("kmsKeyId", "is missing");
    if (args.password === undefined && args.adminSecretArn === undefined)
      add("password", "is missing: set it, or set `adminSecretArn` so that the first rotation sets a password");
  } else {
    for (const key of ["kmsKeyId", "password", "replicaRegions", "replicas"] as const)
      if (args[key] !== undefined)
        add(key, "applies only to a secret that is created: remove it, or remove `secretArn`");
  }
  const regions = replicasOf(args).map(({ region }) => region);
  if (new Set(regions).size < regions.length) add("replicas", "set each region once");
  const tags = Object.keys(args.tags ?? {}).length;
  if (tags + settingCount(args) > maxTags)
    add("tags", `${tags} tags and the ${settingCount(args)} of the settings are more than ${maxTags}: remove some`);
  return problems;
}

function rolesOf({ memberOf }: RotatedSecretArgs): string[] {
  return Array.isArray(memberOf) ? memberOf.filter((role) => typeof role === "string") : [];
}

/** The replicas of `replicaRegions` and of `replicas`. */
export function replicasOf({ replicaRegions = [], replicas = [] }: RotatedSecretArgs): Replica[] {
  return [...replicaRegions.map((region) => ({ region })), ...replicas];
}
