import { defined } from "./defined";
import type { Settings } from "./schema";

/** The part of the function's environment that comes from the configuration: only what was set. */
export function environmentOf({ password }: Settings): Record<string, string> {
  const variables = defined({
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

/** The function's settings, without what was left out. */
export function functionSettings({ function: fn }: Settings) {
  return defined(fn);
}
