import type { Secret } from "./secret";
import { homeRegion } from "./store";

/**
 * Whether a filter of ListSecrets matches with any of its values. A leading "!" negates a value. "name", "tag-key" and
 * "tag-value" match a prefix, case-sensitive. "description" matches prefixes of words, and "all" prefixes of terms, both
 * case-insensitive (API_Filter).
 */
export function matches(secret: Secret, key: string, values: readonly string[]): boolean {
  const { name, description = "", tags = new Map<string, string>(), replicas } = secret;
  const test = (value: string): boolean => {
    switch (key) {
      case "name":
        return name.startsWith(value);
      case "tag-key":
        return [...tags.keys()].some((tag) => tag.startsWith(value));
      case "tag-value":
        return [...tags.values()].some((tag) => tag.startsWith(value));
      case "primary-region":
        return replicas.size > 0 && homeRegion.startsWith(value);
      case "description":
        return allBegin(wordsOf(value), wordsOf(description));
      case "all":
        return allBegin(termsOf(value), termsOf([name, description, ...tags.keys(), ...tags.values()].join(" ")));
      default:
        return false;
    }
  };
  return values.some((value) => (value.startsWith("!") ? !test(value.slice(1)) : test(value)));
}

function allBegin(wanted: readonly string[], words: readonly string[]): boolean {
  return wanted.length > 0 && wanted.every((each) => words.some((word) => word.startsWith(each)));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\S+/g) ?? [];
}

/** Splits at punctuation and capitals: "COMPANYThings" is "company" and "things" (verified cases of a public suite). */
function termsOf(text: string): string[] {
  return (text.match(/[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+/g) ?? []).map((term) => term.toLowerCase());
}
