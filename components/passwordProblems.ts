import { type PasswordRules, passwordRules } from "../rotation-fn/secret/password";

const letters = "abcdefghijklmnopqrstuvwxyz";

/** The types of characters of `GetRandomPassword`, and the rule that excludes each. */
const types = [
  ["ExcludeNumbers", "digits", "0123456789"],
  ["ExcludePunctuation", "punctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"],
  ["ExcludeUppercase", "uppercase letters", letters.toUpperCase()],
  ["ExcludeLowercase", "lowercase letters", letters],
] as const;

/**
 * Why Secrets Manager would reject each request for a password.
 *
 * @param environment - The function's environment.
 * @param nameOf - The name of a rule in the user's configuration.
 * @throws RotationError `InvalidEnvironment`
 */
export function passwordProblems(
  environment: Record<string, string>,
  nameOf: (rule: keyof PasswordRules) => string,
): string[] {
  const rules = passwordRules(environment);
  const included = types.filter(([rule]) => !rules[rule]);
  const emptied = included.filter(([, , all]) => [...all].every((one) => rules.ExcludeCharacters.includes(one)));
  if (emptied.length === included.length) return ["excludes every character: allow at least one type"];
  if (!rules.RequireEachIncludedType) return [];
  return emptied.map(
    ([rule, type]) =>
      `\`${nameOf("ExcludeCharacters")}\` excludes all ${type}, and each type must occur: set \`${nameOf(rule)}\` to true`,
  );
}
