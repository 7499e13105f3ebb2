import { z } from "zod";

export const resourceId = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}-[0-9a-f]{8}([0-9a-f]{9})?$`), `set an ID such as ${prefix}-0a1b2c3d4e5f60718`);
export const arnOf = (service: string, resource: string, example: string) =>
  z
    .string()
    .regex(new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:${resource}$`), `set an ARN such as ${example}`);
// Policies compare the ARN: it must not be an alias.
export const keyArn = arnOf("kms", "key/[\\w-]+", "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…");
export const integer = (low: number, high: number, unit = "") =>
  z
    .int(`set a whole number from ${low} to ${high}${unit}`)
    .min(low, `set ${low} to ${high}${unit}`)
    .max(high, `set ${low} to ${high}${unit}`);
/** A text that the components check, too. `problemOf` returns what is wrong with it. */
export const checkedText = (problemOf: (value: string) => string | undefined, badType = "set a text") =>
  z.string(badType).superRefine((value, context) => {
    const message = problemOf(value);
    if (message) context.addIssue({ code: "custom", message });
  });
/** The characters that IAM allows in tags; other services allow more. */
export const tagText = (length: number) =>
  z
    .string("set a text")
    .max(length, `set at most ${length} characters`)
    .regex(/^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u, "set letters, digits, spaces and _.:/=+@-");
export const trueOrFalse = () => z.boolean("set true or false");
/** PostgreSQL and its clients end a text at NUL. */
export const passwordText = () => nonEmptyText().regex(/^[^\0]*$/, "set a password without NUL characters");
export const nonEmptyText = () => z.string("set a text").min(1, "set a text");
export const oneOf = <const T extends readonly string[]>(values: T) => z.enum(values, `set ${values.join(" or ")}`);
export const object = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape, { error: badObject });
export const list = <T extends z.ZodType>(of: T) => z.array(of, "set a list");
export const set = <T extends z.ZodType<string>>(of: T) =>
  list(of).refine((all) => new Set(all).size === all.length, "must not contain duplicates");

/**
 * For checks across keys. They also run if single keys are invalid, so that all problems are listed at the same time.
 * The values that such a check gets may have any type.
 */
export const acrossKeys = { when: ({ value }: { value: unknown }): boolean => isObject(value) };

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined for unknown keys, which have their own message. */
function badObject(issue: { code?: string | undefined }): string | undefined {
  return issue.code === "invalid_type" ? "set an object with keys" : undefined;
}
