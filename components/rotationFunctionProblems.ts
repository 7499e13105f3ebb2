import { RotationError } from "../rotation-fn/errors";
import { nameProblem } from "./databaseProblems";
import { passwordProblems } from "./passwordProblems";
import type { RotationFunctionArgs } from "./rotationFunctionArgs";
import { runtimeProblem } from "./runtimes";

/** The problems in the arguments of a `RotationFunction`, each with a remedy. Only values that are known are checked. */
export function rotationFunctionProblems(args: RotationFunctionArgs): string[] {
  const problems: string[] = [];
  const check = (key: keyof RotationFunctionArgs, problemOf: (text: string) => string | undefined): void => {
    const value = args[key];
    const problem = typeof value === "string" ? problemOf(value) : undefined;
    if (problem !== undefined) problems.push(`\`${key}\`: ${problem}`);
  };
  // The rules of `RotationMonitoring` add `-failures` to the name, and may have 64 characters.
  check("name", (name) => (/^[\w-]{1,55}$/.test(name) ? undefined : "set 1 to 55 letters, digits, - and _"));
  check("runtime", runtimeProblem);
  check("adminDatabase", nameProblem);
  if (args.code !== undefined && args.databaseCa !== undefined)
    problems.push("`databaseCa` applies only to the default `code`: set one of the two");
  if (args.secretNamePatterns?.length === 0) problems.push("`secretNamePatterns`: set at least one pattern");
  if (Array.isArray(args.subnetIds) && args.subnetIds.length > 16)
    problems.push("`subnetIds`: set at most 16 subnets, the maximum of a Lambda function");
  return [...problems, ...environmentProblems(args.environment).map((problem) => `\`environment\`: ${problem}`)];
}

function environmentProblems(environment: unknown): string[] {
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
