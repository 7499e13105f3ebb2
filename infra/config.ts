import * as pulumi from "@pulumi/pulumi";
import { problemsOf } from "./configProblems";
import { regionProblems } from "./regions";
import { type StackSettings, schema } from "./schema";

/**
 * Reads and validates the stack's configuration, before the first resource.
 * @throws pulumi.RunError that lists every problem with its key and a remedy
 */
export function readConfig(all: Record<string, string> = pulumi.runtime.allConfig()): StackSettings {
  const prefix = `${pulumi.getProject()}:`;
  const given: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(all)) {
    if (key.startsWith(prefix)) given[key.slice(prefix.length)] = parse(text);
  }
  const result = schema.safeParse(given, { reportInput: true });
  const problems = [
    ...stackNameProblems(pulumi.getStack()),
    ...(result.success ? [] : problemsOf(result.error, given)),
    ...regionProblems(given, all["aws:region"]),
  ];
  if (result.success && problems.length === 0) return result.data;
  const error = new pulumi.RunError(
    [`Pulumi.${pulumi.getStack()}.yaml cannot be deployed:`, ...problems.map((problem) => `  - ${problem}`)].join("\n"),
  );
  // A stack trace does not help here, and under the launcher Node.js takes 15 seconds to print it.
  error.stack = error.message;
  throw error;
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
