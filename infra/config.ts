import * as pulumi from "@pulumi/pulumi";
import { partitionProblem } from "../components";
import { problemsOf } from "./configProblems";
import { acrossKeys } from "./fields";
import { foreignProblems } from "./regions";
import { type StackSettings, schema } from "./schema";
import { stackProblems } from "./stackProblems";

const checkedSchema = schema.superRefine((value, context) => {
  for (const [path, message] of stackProblems(value)) context.addIssue({ code: "custom", path, message });
}, acrossKeys);

/**
 * Reads and validates the stack's configuration, before the first resource.
 * @throws pulumi.RunError that lists every problem with its key and a remedy
 */
export function readConfig(all: Record<string, string> = pulumi.runtime.allConfig()): StackSettings {
  const prefix = `${pulumi.getProject()}:`;
  const given: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(all)) {
    if (!key.startsWith(prefix)) continue;
    const name = key.slice(prefix.length);
    // A text of digits is JSON, too: the name of a database may be 2024.
    given[name] = name === "adminDatabase" ? text : parse(text);
  }
  const result = checkedSchema.safeParse(given, { reportInput: true });
  const problems = [
    ...stackNameProblems(pulumi.getStack()),
    ...(result.success ? [] : problemsOf(result.error)),
    ...regionProblems(all["aws:region"]),
    ...foreignProblems(given, { region: all["aws:region"] }),
  ];
  if (result.success && problems.length === 0) return result.data;
  throw notDeployable(problems);
}

/** The error of a configuration that cannot be deployed, with one line for each problem. */
export function notDeployable(problems: string[]): pulumi.RunError {
  const error = new pulumi.RunError(
    [`Pulumi.${pulumi.getStack()}.yaml cannot be deployed:`, ...problems.map((problem) => `  - ${problem}`)].join("\n"),
  );
  // A stack trace does not help here, and under the launcher Node.js takes 15 seconds to print it.
  error.stack = error.message;
  return error;
}

function regionProblems(region: string | undefined): string[] {
  const problem = region && partitionProblem(region);
  return problem ? [`\`aws:region\`: ${problem}`] : [];
}

/** AWS names begin with the stack's name. RDS has the strictest rules, and an EventBridge rule the longest name. */
function stackNameProblems(stack: string): string[] {
  return stack.length <= 38 && /^[a-z](-?[a-z0-9])*$/.test(stack)
    ? []
    : [
        `the stack name \`${stack}\`: use at most 38 lowercase letters, digits and single hyphens, and begin with a letter`,
      ];
}

/** Pulumi passes each value as a string: objects, lists, numbers and booleans as JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
