import { randomInt } from "node:crypto";
import { invalidParameter } from "./errors";
import type { Input } from "./shapes";

const LOWERCASE = "abcdefghijklmnopqrstuvwxyz";
const UPPERCASE = LOWERCASE.toUpperCase();
const NUMBERS = "0123456789";
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html (ExcludePunctuation)
const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/**
 * Creates a password like GetRandomPassword.
 *
 * @throws ServiceError InvalidParameterException if no password can meet the request
 */
export function generatePassword(request: Input<"GetRandomPassword">): string {
  const { PasswordLength: length = 32, ExcludeCharacters = "", RequireEachIncludedType = true } = request;
  if (length < 1 || length > 4096) {
    throw invalidParameter("Password length must be between 1 and 4096.");
  }
  const types = [
    request.ExcludeLowercase ? "" : LOWERCASE,
    request.ExcludeUppercase ? "" : UPPERCASE,
    request.ExcludeNumbers ? "" : NUMBERS,
    request.ExcludePunctuation ? "" : PUNCTUATION,
  ]
    .filter((type) => type !== "")
    .map((type) => [...type].filter((character) => !ExcludeCharacters.includes(character)));
  // A space may occur, but is not a required type ("uppercase and lowercase letters, numbers, punctuation").
  const space = request.IncludeSpace && !ExcludeCharacters.includes(" ") ? [" "] : [];
  const all = [...types.flat(), ...space];
  if (all.length === 0) {
    throw invalidParameter("No characters are left for a password.");
  }
  if (!RequireEachIncludedType) return draw(all, length).join("");

  if (types.some((type) => type.length === 0)) {
    throw invalidParameter("A required character type is excluded as a whole by ExcludeCharacters.");
  }
  if (length < types.length) {
    throw invalidParameter(`Password length ${length} is too short based on the required types.`);
  }
  for (;;) {
    const password = draw(all, length);
    if (types.every((type) => type.some((character) => password.includes(character)))) return password.join("");
  }
}

function draw(characters: readonly string[], count: number): string[] {
  return Array.from({ length: count }, () => characters[randomInt(characters.length)] ?? "");
}
