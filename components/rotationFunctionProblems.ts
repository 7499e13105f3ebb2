import { RotationError } from "../rotation-fn/errors";
import { type AwsContext, partitionOf } from "./awsContext";
import { nameProblem, placeOf, textProblems } from "./databaseProblems";
import { passwordProblems } from "./passwordProblems";
import type { RotationFunctionArgs } from "./rotationFunctionArgs";
import { runtimeProblem } from "./runtimes";
import { tagProblems } from "./tagProblems";

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const reserved =
  /^(_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_(TASK_ROOT|RUNTIME_DIR)|AWS_(REGION|DEFAULT_REGION|EXECUTION_ENV|LAMBDA_\w+|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN))$/;

/** The problems in the arguments of a `RotationFunction`, each with a remedy. Only values that are known are checked. */
export function rotationFunctionProblems(args: RotationFunctionArgs): string[] {
  const problems: string[] = [];
  const check = (key: keyof RotationFunctionArgs, problemOf: (text: string) => string | undefined): void => {
    const value = args[key];
    const problem = typeof value === "string" ? problemOf(value) : undefined;
    if (problem !== undefined) problems.push(`\`${key}\`: ${problem}`);
  };
  check("name", functionNameProblem);
  check("runtime", runtimeProblem);
  check("adminDatabase", nameProblem);
  if (args.code !== undefined && args.databaseCa !== undefined)
    problems.push("`databaseCa` applies only to the default `code`: set one of the two");
  problems.push(...patternProblems(args.secretNamePatterns));
  for (const [key, problemOf] of [
    ["adminSecretArns", textProblems.adminSecretArn],
    ["additionalKmsKeyArns", keyArnProblem],
  ] as const)
    for (const text of Array.isArray(args[key]) ? args[key] : []) {
      const problem = typeof text === "string" ? problemOf(text) : undefined;
      if (problem !== undefined) problems.push(`\`${key}\`: \`${text}\`: ${problem}`);
    }
  if (Array.isArray(args.subnetIds) && args.subnetIds.length === 0)
    problems.push("`subnetIds`: set two subnets in different Availability Zones");
  if (Array.isArray(args.subnetIds) && args.subnetIds.length > 16)
    problems.push("`subnetIds`: set at most 16 subnets, the maximum of a Lambda function");
  return [
    ...problems,
    ...environmentProblems(args.environment).map((problem) => `\`environment\`: ${problem}`),
    ...tagProblems(args.tags),
  ];
}

/** The rules of `RotationMonitoring` add `-failures` to the name, and may have 64 characters. */
export function functionNameProblem(name: string): string | undefined {
  return /^[\w-]{1,55}$/.test(name) ? undefined : "set 1 to 55 letters, digits, - and _";
}

/** What is wrong with the name patterns of secrets. */
export function patternProblems(patterns: readonly string[] | undefined): string[] {
  if (patterns?.length === 0) return ["`secretNamePatterns`: set at least one pattern"];
  return (patterns ?? [])
    .filter((pattern) => !/^[\w/+=.@!*?-]+$/.test(pattern))
    .map((pattern) => `\`secretNamePatterns\`: \`${pattern}\` matches no name: set letters, digits, /_+=.@!-, * and ?`);
}

/** @throws Error that names the first ARN of another partition, region or account than the function's */
export function requireOwnArns({ region, accountId }: AwsContext, arnsOfKeys: Record<string, readonly string[]>): void {
  const own = `${partitionOf(region)}:${region}:${accountId}`;
  for (const [key, arns] of Object.entries(arnsOfKeys))
    for (const arn of arns)
      if (arn.startsWith("arn:") && placeOf(arn) !== own)
        throw new Error(`\`${key}\`: ${arn} is not in ${region} of account ${accountId}: set an ARN of the function's`);
}

function keyArnProblem(arn: string): string | undefined {
  // Policies compare the ARN: it must not be an alias.
  return /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/.test(arn)
    ? undefined
    : "set an ARN such as arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…";
}

function environmentProblems(environment: unknown): string[] {
  const names = Object.keys(Object(environment)).filter((name) => reserved.test(name));
  if (names.length > 0) return names.map((name) => `Lambda reserves \`${name}\`: remove it`);
  const known = Object.entries(Object(environment)).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value]] : [],
  );
  try {
    return passwordProblems(Object.fromEntries(known), (rule) => rule.replace(/(?<!^)[A-Z]/g, "_$&").toUpperCase());
  } catch (error) {
    if (error instanceof RotationError) return [error.message];
    throw error;
  }
}
