/** The longest list of patterns that a policy is given, and the room for it: 6,144 characters are AWS's limit. */
const most = { patterns: 10, characters: 800 };
const separator = /[/_+=.@!-]/;

/** Name of a database's secret; an ARN ends in the name and six characters. */
export function secretNameOf({ secretName, secretArn }: { secretName?: unknown; secretArn?: unknown }): string {
  return (
    textOf(secretName) ??
    (textOf(secretArn) ?? "")
      .split(":")
      .slice(6)
      .join(":")
      .replace(/-[A-Za-z0-9]{6}$/, "")
  );
}

/** The value if it is a text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/**
 * Patterns that match all of the names: a name itself, or what several names begin with and `*`. Names stay together that
 * share a beginning up to a separator, such as `team/`; others are told apart as far as a few patterns can. The number of
 * patterns has a limit, whatever the number of names; beyond it, one pattern is left, at worst `*`.
 */
export function secretNamePatterns(names: string[]): string[] {
  const sorted = [...new Set(names)].sort();
  const shared = sorted.slice(1).map((name, i) => commonBeginning(sorted[i] ?? "", name));
  const longest = Math.max(0, ...sorted.map(({ length }) => length));
  for (let length = longest; length > 0; length--) {
    const patterns = patternsOf(sorted, (i) => !separator.test(shared[i] ?? "") && (shared[i] ?? "").length < length);
    if (patterns.length <= most.patterns && patterns.join("").length <= most.characters) return patterns;
  }
  return patternsOf(sorted, () => false);
}

/** One pattern for each run of names between two cuts; `isCut(i)` is asked for the place after the name `i`. */
function patternsOf(sorted: string[], isCut: (i: number) => boolean): string[] {
  const groups: string[][] = [];
  sorted.forEach((name, i) => {
    if (i === 0 || isCut(i - 1)) groups.push([name]);
    else groups.at(-1)?.push(name);
  });
  return groups.map((group) => {
    const [first = "", last = first] = [group[0], group.at(-1)];
    return group.length === 1 ? first : `${commonBeginning(first, last)}*`;
  });
}

function commonBeginning(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
