/** One option, declared once. Its name is the key that it is declared under. */
export interface Option<T> {
  readonly help: string;
  /** What its value is called in the help: `<file>`. An option without one is a flag. */
  readonly value?: string;
  /** The values that it takes, each with what it means. */
  readonly choices?: Readonly<Record<string, string>>;
  /**
   * @param given - a text for each time that it was typed
   * @throws Error saying what it takes
   */
  read(given: readonly string[]): T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

export type Values<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends Option<infer T> ? T : never;
};

export function flag(help: string): Option<boolean> {
  return { help, read: (given) => given.length > 0 };
}

export function text(value: string, help: string): Option<string | undefined> {
  return { value, help, read: (given) => given.at(-1) };
}

/** May be repeated. */
export function texts(value: string, help: string): Option<readonly string[]> {
  return { value, help, read: (given) => given };
}

export function wholeNumber(help: string, fallback: number, [from, to]: readonly [number, number]): Option<number> {
  return {
    ...{ value: "<n>", help: `${help}; default ${fallback}` },
    read(given) {
      const number = Number(given.at(-1) ?? fallback);
      if (!Number.isInteger(number) || number < from || number > to) throw new Error(`${from} to ${to}`);
      return number;
    },
  };
}

/** In milliseconds. */
export function time(help: string): Option<number | undefined> {
  return {
    ...{ value: "<time>", help },
    read(given) {
      const typed = given.at(-1);
      if (typed === undefined) return undefined;
      const [, count, unit = ""] = /^(\d{1,6})(s|m|h|d)$/.exec(typed) ?? [];
      const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
      if (count === undefined) throw new Error(`a time such as 90s, 30m, 12h or 7d, not ${typed}`);
      return Number(count) * (seconds[unit] ?? 0) * 1000;
    },
  };
}

/** One of several, by its name. */
export function choice<Name extends string>(
  value: string,
  help: string,
  choices: Readonly<Record<Name, { readonly summary: string }>>,
): Option<Name | undefined> {
  const names = Object.keys(choices) as Name[];
  return {
    ...{ value, help },
    choices: Object.fromEntries(names.map((name) => [name, choices[name].summary])),
    read(given) {
      const typed = given.at(-1);
      const name = names.find((each) => each === typed);
      if (typed !== name) throw new Error(`${names.join(" or ")}, not "${typed}"`);
      return name;
    },
  };
}
