import * as pulumi from "@pulumi/pulumi";
import { problemsOf } from "./configProblems";
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
  if (result.success) return result.data;
  const problems = problemsOf(result.error, given);
  const error = new pulumi.RunError(
    [`Pulumi.${pulumi.getStack()}.yaml can't be deployed:`, ...problems.map((problem) => `  - ${problem}`)].join("\n"),
  );
  // Whoever wrote the configuration has no use for it, and under the launcher it takes Node.js 15 seconds to print one.
  error.stack = error.message;
  throw error;
}

/** Pulumi hands each value over as text; objects, lists, numbers and booleans as JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
