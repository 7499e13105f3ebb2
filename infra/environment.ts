import { omitUndefined } from "./omitUndefined";
import type { StackSettings } from "./schema";

/** The environment variables that come from the configuration, without those that are not set. */
export function environmentOf({ password }: Pick<StackSettings, "password">): Record<string, string> {
  const variables = omitUndefined({
    PASSWORD_LENGTH: password.length,
    EXCLUDE_CHARACTERS: password.excludeCharacters,
    EXCLUDE_NUMBERS: password.excludeNumbers,
    EXCLUDE_PUNCTUATION: password.excludePunctuation,
    EXCLUDE_UPPERCASE: password.excludeUppercase,
    EXCLUDE_LOWERCASE: password.excludeLowercase,
    REQUIRE_EACH_INCLUDED_TYPE: password.requireEachIncludedType,
    PASSWORD_FORM: password.form,
  });
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
}
