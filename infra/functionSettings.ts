import { defined } from "./defined";
import type { Settings } from "./schema";

/** The part of the function's environment that comes from the configuration: only what was set. */
export function environmentOf({ password }: Settings): Record<string, string> {
  const { length, excludeCharacters, form } = password;
  return {
    ...(length === undefined ? {} : { PASSWORD_LENGTH: String(length) }),
    ...(excludeCharacters === undefined ? {} : { EXCLUDE_CHARACTERS: excludeCharacters }),
    ...(form === undefined ? {} : { PASSWORD_FORM: form }),
  };
}

/** The function's settings, without what was left out. */
export function functionSettings({ function: fn }: Settings) {
  return defined(fn);
}
