import type { Problem } from "./databaseProblems";

/** What is wrong with the key or the value of a tag. IAM allows fewer characters than other services. */
export function tagTextProblem(text: string, longest: number): string | undefined {
  if (text.length > longest) return `set at most ${longest} characters`;
  return /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u.test(text) ? undefined : "set letters, digits, spaces and _.:/=+@-";
}

/** The problems between the keys of tags. */
export function* tagKeyProblems(tagKeys: readonly string[]): Generator<Problem, void> {
  const keys = new Map<string, string>();
  for (const key of tagKeys) {
    const lower = key.toLowerCase();
    const other = keys.get(lower);
    keys.set(lower, key);
    if (key.trim() === "") yield { key, message: "AWS rejects an empty key: name it, or remove it" };
    if (other !== undefined)
      yield { key, message: `IAM treats it as the same key as \`${other}\`: keep one of the two` };
    if (lower.startsWith("aws:")) yield { key, message: "AWS reserves the prefix `aws:`: rename it" };
    if (lower.startsWith("secrets-rotation:"))
      yield { key, message: "the stack writes the tags with the prefix `secrets-rotation:`: remove it" };
  }
}

/** The problems of the `tags` of a component, as far as they are known. */
export function tagProblems(tags: unknown): string[] {
  if (typeof tags !== "object" || tags === null || Object.getPrototypeOf(tags) !== Object.prototype) return [];
  const texts = Object.entries(tags).flatMap(([key, value]) => [
    { key, message: tagTextProblem(key, 128) },
    { key, message: typeof value === "string" ? tagTextProblem(value, 256) : undefined },
  ]);
  return [...texts, ...tagKeyProblems(Object.keys(tags))].flatMap(({ key, message }) =>
    message === undefined ? [] : [`\`tags.${key}\`: ${message}`],
  );
}
