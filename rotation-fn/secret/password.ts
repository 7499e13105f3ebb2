import { RotationError } from "../errors";

/** Parameters of Secrets Manager's `GetRandomPassword`. */
export type PasswordRules = Readonly<ReturnType<typeof passwordRules>>;

/**
 * Punctuation that must be escaped in a URL, a libpq keyword string, a JDBC URL, a shell word, an `.env` file or JSON. Of
 * Secrets Manager's 32 punctuation characters, `-`, `.` and `_` remain (RFC 3986 also calls `~` unreserved, but a shell
 * expands it at the start of a word).
 */
export const unsafePunctuation = "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~";

/**
 * The rules from the function's environment, with the names of AWS's own rotation functions:
 * `PASSWORD_LENGTH` (default 32), `EXCLUDE_CHARACTERS` (default: {@link unsafePunctuation}), `EXCLUDE_NUMBERS`,
 * `EXCLUDE_PUNCTUATION`, `EXCLUDE_UPPERCASE`, `EXCLUDE_LOWERCASE` (default false), `REQUIRE_EACH_INCLUDED_TYPE`
 * (default true).
 *
 * @throws RotationError `InvalidEnvironment`.
 */
export function passwordRules(env: NodeJS.ProcessEnv) {
  const length = Number(env.PASSWORD_LENGTH ?? 32);
  // A shorter password can be guessed. PostgreSQL's clients accept up to about 1,000 characters (libpq's buffers).
  if (!Number.isInteger(length) || length < 16 || length > 512) {
    throw new RotationError("InvalidEnvironment", "PASSWORD_LENGTH must be a whole number, 16 to 512");
  }
  return {
    PasswordLength: length,
    ExcludeCharacters: env.EXCLUDE_CHARACTERS ?? unsafePunctuation,
    ExcludeNumbers: flag(env, "EXCLUDE_NUMBERS", false),
    ExcludePunctuation: flag(env, "EXCLUDE_PUNCTUATION", false),
    ExcludeUppercase: flag(env, "EXCLUDE_UPPERCASE", false),
    ExcludeLowercase: flag(env, "EXCLUDE_LOWERCASE", false),
    RequireEachIncludedType: flag(env, "REQUIRE_EACH_INCLUDED_TYPE", true),
    IncludeSpace: false,
  };
}

/**
 * Whether the function can compute a verifier of a password: only for printable ASCII. Other text requires SASLprep
 * (RFC 5802, 2.2), which clients implement differently. Generated passwords never need it.
 */
export function isSettable(password: string): boolean {
  return /^[\x20-\x7e]+$/.test(password);
}

function flag(env: NodeJS.ProcessEnv, name: string, otherwise: boolean): boolean {
  const text = env[name]?.trim().toLowerCase();
  if (text === undefined || text === "") return otherwise;
  if (text === "true" || text === "false") return text === "true";
  throw new RotationError("InvalidEnvironment", `${name} must be true or false`);
}
