import * as pulumi from "@pulumi/pulumi";

/**
 * The tags of every resource: the configured tags, and `project` and `stack` unless they are configured. IAM treats
 * keys that differ only in case as the same key (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html).
 */
export function withDefaultTags(configured: Readonly<Record<string, string>>): Record<string, string> {
  const taken = new Set(Object.keys(configured).map((key) => key.toLowerCase()));
  const defaults = Object.entries({ project: pulumi.getProject(), stack: pulumi.getStack() });
  return { ...Object.fromEntries(defaults.filter(([key]) => !taken.has(key))), ...configured };
}
