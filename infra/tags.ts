import * as pulumi from "@pulumi/pulumi";

/**
 * The tags of every resource: those given, and the stack's own where they name none of that key. IAM takes keys that
 * differ in case alone for the same (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html).
 */
export function withDefaultTags(given: Readonly<Record<string, string>>): Record<string, string> {
  const taken = new Set(Object.keys(given).map((key) => key.toLowerCase()));
  const own = Object.entries({ project: pulumi.getProject(), stack: pulumi.getStack() });
  return { ...Object.fromEntries(own.filter(([key]) => !taken.has(key))), ...given };
}
