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
export function* rotationFunctionProblems(args: RotationFunctionArgs): Generator<string, void> {
  const texts = { name: functionNameProblem, runtime: runtimeProblem, adminDatabase: nameProblem };
  for (const [key, problemOf] of Object.entries(texts)) {
    const value = args[key as keyof typeof texts];
    const problem = typeof value === "string" ? problemOf(value) : undefined;
    if (problem !== undefined) yield `\`${key}\`: ${problem}`;
  }
  if (args.code !== undefined && args.databaseCa !== undefined)
    yield "`databaseCa` applies only to the default `code`: set one of the two";
  yield* patternProblems(args.secretNamePatterns);
  const lists = { adminSecretArns: textProblems.adminSecretArn, additionalKmsKeyArns: keyArnProblem };
  for (const [key, problemOf] of Object.entries(lists))
    for (const text of [args[key as keyof typeof lists]].flat()) {
      const problem = typeof text === "string" ? problemOf(text) : undefined;
      if (problem !== undefined) yield `\`${key}\`: \`${text}\`: ${problem}`;
    }
  const subnets = Array.isArray(args.subnetIds) ? args.subnetIds.length : undefined;
  if (subnets === 0) yield "`subnetIds`: set two subnets in different Availability Zones";
  if (subnets !== undefined && subnets > 16)
    yield "`subnetIds`: set at most 16 subnets, the maximum of a Lambda function";
  for (const problem of environmentProblems(args.environment)) yield `\`environment\`: ${problem}`;
  yield* tagProblems(args.tags);
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
