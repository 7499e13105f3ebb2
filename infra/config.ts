import * as pulumi from "@pulumi/pulumi";
import { problemsOf } from "./configProblems";
import { regionProblems } from "./regions";
import { type Settings, schema } from "./schema";

/**
 * The stack's configuration, checked as a whole before the first resource.
 * @throws pulumi.RunError that names each key that is wrong, and what to set
 */
export function readConfig(all: Record<string, string> = pulumi.runtime.allConfig()): Settings {
  const prefix = `${pulumi.getProject()}:`;
  const given: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(all)) {
    if (key.startsWith(prefix)) given[key.slice(prefix.length)] = parsed(text);
  }
  const result = schema.safeParse(given, { reportInput: true });
  const problems = [
    ...stackNameProblems(pulumi.getStack()),
    ...(result.success ? [] : problemsOf(result.error, given)),
    ...regionProblems(given, all["aws:region"]),
  ];
  if (result.success && problems.length === 0) return result.data;
  const error = new pulumi.RunError(
    [`Pulumi.${pulumi.getStack()}.yaml can't be deployed:`, ...problems.map((problem) => `  - ${problem}`)].join("\n"),
  );
  // A stack trace does not help who wrote the configuration, and under the launcher Node.js takes 15 seconds to print one.
  error.stack = error.message;
  throw error;
}

/** The stack's name is the beginning of names in AWS, of which the strictest are a database's and the longest a rule's. */
function stackNameProblems(stack: string): string[] {
  return stack.length <= 38 && /^[a-z](-?[a-z0-9])*$/.test(stack)
    ? []
    : [`the stack's name \`${stack}\`: choose up to 38 small letters, digits and single hyphens, a letter first`];
}

/** Pulumi hands each value over as text; objects, lists, numbers and booleans as JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
