import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import { schema } from "./schema";

/** One line for each problem of a configuration that was parsed with `reportInput`, with its key and a remedy. */
export function problemsOf({ issues }: { issues: z.core.$ZodIssue[] }): string[] {
  return issues.flatMap((issue) => {
    const prefix = pathOf(issue.path);
    if (issue.code === "unrecognized_keys") {
      const known = knownKeys(issue.path);
      return issue.keys.map((key) => `${prefix}unknown key \`${key}\`${suggestion(key, known)}`);
    }
    if (issue.code === "invalid_union") return unionProblems(issue);
    if (issue.code === "invalid_type" && issue.input === undefined) return `${prefix}is missing`;
    return `${prefix}${issue.message}`;
  });
}

/** The problems of the alternative whose type the value has. If there is none, the message of the union. */
function unionProblems({ errors, path, message }: z.core.$ZodIssueInvalidUnion): string[] {
  const alternative = errors.find(
    (issues) => !issues.some(({ code, path: inner }) => code === "invalid_type" && inner.length === 0),
  );
  if (alternative === undefined) return [`${pathOf(path)}${message}`];
  return problemsOf({ issues: alternative.map((issue) => ({ ...issue, path: [...path, ...issue.path] })) });
}

function pathOf(path: PropertyKey[]): string {
  const text = path.map((part, i) =>
    typeof part === "number" ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`,
  );
  return text.length === 0 ? "" : `\`${text.join("")}\`: `;
}

function suggestion(key: string, known: string[]): string {
  if (known.length === 0) return "";
  const candidate = closest(key, known);
  return distance(key, candidate) <= Math.max(2, key.length / 2) ? `; did you mean \`${candidate}\`?` : "";
}

function knownKeys(path: PropertyKey[]): string[] {
  const inner = path.reduce<unknown>((type, part) => {
    if (type instanceof z.ZodArray) return plain(type.element);
    return type instanceof z.ZodObject ? plain(type.shape[String(part)]) : undefined;
  }, schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** The type that a value has: not optional, without its default, and the object if it is one of several types. */
function plain(type: unknown): unknown {
  if (type instanceof z.ZodOptional || type instanceof z.ZodDefault || type instanceof z.ZodPrefault)
    return plain(type.unwrap());
  return type instanceof z.ZodUnion ? type.options.map(plain).find((one) => one instanceof z.ZodObject) : type;
}
