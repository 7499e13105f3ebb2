import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import { schema } from "./schema";

/** One line for each thing that is wrong, by key, with what to set. */
export function problemsOf({ issues }: { issues: z.core.$ZodIssue[] }, given: unknown): string[] {
  return issues.flatMap((issue) => {
    const at = pathOf(issue.path);
    if (issue.code === "unrecognized_keys") {
      const known = knownKeys(issue.path);
      return issue.keys.map((key) => `${at}unknown key \`${key}\`${nearest(key, known)}`);
    }
    if (issue.code === "invalid_union") return unionProblems(issue, given);
    if (issue.code === "invalid_type" && valueAt(given, issue.path) === undefined) return `${at}is missing`;
    return `${at}${issue.message}`;
  });
}

/** What is wrong with the one alternative of a union whose kind the value has; without one, what the union says. */
function unionProblems({ errors, path, message }: z.core.$ZodIssueInvalidUnion, given: unknown): string[] {
  const meant = errors.find(
    (issues) => !issues.some(({ code, path: at }) => code === "invalid_type" && at.length === 0),
  );
  if (meant === undefined) return [`${pathOf(path)}${message}`];
  return problemsOf({ issues: meant.map((issue) => ({ ...issue, path: [...path, ...issue.path] })) }, given);
}

function pathOf(path: PropertyKey[]): string {
  const text = path.map((part, i) =>
    typeof part === "number" ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`,
  );
  return text.length === 0 ? "" : `\`${text.join("")}\`: `;
}

function nearest(key: string, known: string[]): string {
  if (known.length === 0) return "";
  const candidate = closest(key, known);
  return distance(key, candidate) <= Math.max(2, key.length / 2) ? `; did you mean \`${candidate}\`?` : "";
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, part) => (typeof at === "object" && at !== null ? Reflect.get(at, part) : undefined),
    value,
  );
}

/** The keys that the schema has at a path. */
function knownKeys(path: PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const part of path) {
    at = unwrap(at);
    at = at instanceof z.ZodUnion ? at.options.map(unwrap).find((one) => one instanceof z.ZodObject) : at;
    at = at instanceof z.ZodArray ? at.element : at instanceof z.ZodObject ? at.shape[String(part)] : undefined;
  }
  at = unwrap(at);
  at = at instanceof z.ZodUnion ? at.options.map(unwrap).find((one) => one instanceof z.ZodObject) : at;
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(type: unknown): unknown {
  let at = type;
  while (at instanceof z.ZodOptional || at instanceof z.ZodDefault || at instanceof z.ZodPrefault) at = at.unwrap();
  return at;
}
