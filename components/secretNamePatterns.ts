/** Maximum number of patterns in a policy, and of their characters. A policy has at most 6,144 characters. */
const limits = { patterns: 10, characters: 800 };
const separator = /[/_+=.@!-]/;

/**
 * Patterns that match all names: a name itself, or a common prefix of several names and `*`. Names that share a prefix
 * up to a separator, such as `team/`, get one pattern. The number of patterns is limited: names without such a prefix
 * are grouped by shorter prefixes until the limit is met, in the worst case by `*`.
 */
export function secretNamePatterns(names: string[]): string[] {
  const sorted = [...new Set(names)].sort();
  const shared = sorted.slice(1).map((name, i) => commonPrefix(sorted[i] ?? "", name));
  const longest = Math.max(0, ...sorted.map(({ length }) => length));
  for (let length = longest; length > 0; length--) {
    const patterns = patternsOf(sorted, (i) => !separator.test(shared[i] ?? "") && (shared[i] ?? "").length < length);
    if (patterns.length <= limits.patterns && patterns.join("").length <= limits.characters) return patterns;
  }
  return patternsOf(sorted, () => false);
}

/** One pattern for each group of consecutive names. `endsGroup(i)` says whether a group ends after the name `i`. */
function patternsOf(sorted: string[], endsGroup: (i: number) => boolean): string[] {
  const groups: string[][] = [];
  sorted.forEach((name, i) => {
    if (i === 0 || endsGroup(i - 1)) groups.push([name]);
    else groups.at(-1)?.push(name);
  });
  return groups.map((group) => {
    const [first = "", last = first] = [group[0], group.at(-1)];
    return group.length === 1 ? first : `${commonPrefix(first, last)}*`;
  });
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
