import { z } from "zod";

export const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `set an id such as ${prefix}-0a1b2c3d4e5f60718`);
export const arnOf = (service: string, resource: string, example: string) =>
  z
    .string()
    .regex(new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:${resource}$`), `set an ARN such as ${example}`);
// Policies compare them: a secret's has to have its six characters, and a key's must not be an alias.
export const secretArn = arnOf(
  "secretsmanager",
  "secret:\\S+-[A-Za-z0-9]{6}",
  "arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf",
);
export const keyArn = arnOf("kms", "key/[\\w-]+", "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-…");
export const whole = (low: number, high: number, unit = "") =>
  z
    .int(`set a whole number from ${low} to ${high}${unit}`)
    .min(low, `set ${low} to ${high}${unit}`)
    .max(high, `set ${low} to ${high}${unit}`);
/** A secret's settings are tags of it. */
export const maxTagLength = 256;
/** What IAM takes; other services take more. */
export const tagText = (length: number) =>
  z
    .string("set a text")
    .max(length, `set at most ${length} characters`)
    .regex(/^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u, "set letters, digits, blanks and _.:/=+@-");
/** A name as PostgreSQL takes it: it cuts longer ones without an error. */
export const name = () =>
  text()
    .refine((value) => Buffer.byteLength(value) <= 63, "set at most 63 bytes")
    .refine((value) => !/\p{Cc}/u.test(value), "set a name without control characters");
export const flag = () => z.boolean("set true or false");
export const text = () => z.string("set a text").min(1, "set a text");
export const choice = <const T extends readonly string[]>(values: T) => z.enum(values, `set ${values.join(" or ")}`);
export const object = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape, { error: badObject });
export const list = <T extends z.ZodType>(of: T) => z.array(of, "set a list");
export const set = <T extends z.ZodType<string>>(of: T) =>
  list(of).refine((all) => new Set(all).size === all.length, "must not contain duplicates");

/**
 * For checks across keys: they run also where single keys are wrong, so that all problems are listed at the same time. What
 * such a check is given may be of any type.
 */
export const acrossKeys = { when: ({ value }: { value: unknown }): boolean => isObject(value) };

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An unknown key has its own message elsewhere. */
function badObject(issue: { code?: string | undefined }): string | undefined {
  return issue.code === "invalid_type" ? "set an object with keys" : undefined;
}
