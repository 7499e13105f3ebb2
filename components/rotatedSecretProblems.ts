import {
  maxTagLength,
  maxTags,
  type Problem,
  placeOf,
  portProblem,
  problemsBetween,
  problemsOfTexts,
  roleProblem,
  settingCount,
} from "./databaseProblems";
import type { Replica, RotatedSecretArgs } from "./rotatedSecretArgs";
import { type RotationRules, scheduleProblems } from "./schedule";
import { Strategy } from "./strategy";
import { tagProblems } from "./tagProblems";

export const defaultRotationRules: RotationRules = { automaticallyAfterDays: 30 };

/**
 * The problems in the arguments of a `RotatedSecret`, each with a remedy. Empty if the arguments are valid. A value that
 * is known only after another resource exists is not checked.
 */
export function rotatedSecretProblems(args: RotatedSecretArgs): string[] {
  const lines = Array.from(problemsIn(args), ({ key, message }) =>
    `\`${key}\`: ${message}`.replaceAll("`secretName`", "`name`").replaceAll("the stack creates", "is created"),
  );
  return [...lines, ...tagProblems(args.tags)];
}

function* problemsIn(args: RotatedSecretArgs): Generator<Problem, void> {
  const given = { ...args, secretName: args.name };
  for (const message of scheduleProblems(args.rotationRules ?? defaultRotationRules))
    yield { key: "rotationRules", message };
  yield* problemsOfTexts(given);
  for (const role of rolesOf(args)) {
    const message = roleProblem(role);
    if (message !== undefined) yield { key: "memberOf", message: `${JSON.stringify(role)}: ${message}` };
  }
  yield* problemsBetween(given);
  yield* ownProblems(args);
}

/** The problems of arguments that a stack's configuration does not have for each database. */
function ownProblems(args: RotatedSecretArgs): Problem[] {
  const problems: Problem[] = [];
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
  const { strategy } = args;
  const port = portProblem(args.port);
  if (port !== undefined) add("port", port);
  if (strategy !== undefined && !Object.values(Strategy).includes(strategy))
    add("strategy", `set ${Object.values(Strategy).join(" or ")}`);
  if (rolesOf(args).join(" ").length > maxTagLength) add("memberOf", `set at most ${maxTagLength} characters in total`);
  const regions = replicasOf(args).map(({ region }) => region);
  if (new Set(regions).size < regions.length) add("replicas", "set each region once");
  const [first, ...others] = arnsOf(args);
  for (const { key, place } of others)
    if (place !== first?.place)
      add(key, `is in another partition, region or account than \`${first?.key}\`: set an ARN of the same`);
  for (const { region, kmsKeyId = "" } of replicasOf(args)) {
    if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) add("replicas", `\`${region}\`: set a region such as eu-west-1`);
    if (region === first?.place.split(":")[1]) add("replicas", `${region} is the region of the secret: remove it`);
    if (kmsKeyId.startsWith("arn:") && kmsKeyId.split(":")[3] !== region)
      add("replicas", `\`${kmsKeyId}\`: set a key of the replica's region`);
  }
  const tags = Object.keys(args.tags ?? {}).length;
  if (tags + settingCount(args) > maxTags)
    add("tags", `${tags} tags and the ${settingCount(args)} of the settings are more than ${maxTags}: remove some`);
  return problems;
}

/** Partition, region and account of each ARN that is known: a secret, its function, keys and administrator share them. */
function arnsOf(args: RotatedSecretArgs): { key: keyof RotatedSecretArgs; place: string }[] {
  return (["secretArn", "rotationLambdaArn", "kmsKeyId", "adminSecretArn"] as const).flatMap((key) => {
    const arn = args[key];
    if (typeof arn !== "string" || !arn.startsWith("arn:")) return [];
    return [{ key, place: placeOf(arn) }];
  });
}

function rolesOf({ memberOf }: RotatedSecretArgs): string[] {
  return Array.isArray(memberOf) ? memberOf.filter((role) => typeof role === "string") : [];
}

/** The replicas of `replicaRegions` and of `replicas`. */
export function replicasOf({ replicaRegions = [], replicas = [] }: RotatedSecretArgs): Replica[] {
  return [...replicaRegions.map((region) => ({ region })), ...replicas];
}
