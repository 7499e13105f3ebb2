/** Declares one option. Its name is its key in {@link Options}. */
export interface Option<T> {
  readonly help: string;
  /** Name of its value in the help: `<file>`. An option without one is a flag. */
  readonly value?: string;
  /** The allowed values and their meanings. */
  readonly choices?: Readonly<Record<string, string>>;
  /**
   * @param given - the values of all its occurrences
   * @throws Error with the allowed values
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

/** A text that may be repeated. */
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

/** A duration, in milliseconds. */
export function time(help: string): Option<number | undefined> {
  return {
    ...{ value: "<time>", help },
    read(given) {
      const input = given.at(-1);
      if (input === undefined) return undefined;
      const [, count, unit = ""] = /^(\d{1,6})(s|m|h|d)$/.exec(input) ?? [];
      const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
      const ms = Number(count) * (seconds[unit] ?? 0) * 1000;
      // CloudWatch Logs has no lines from before 1970.
      if (count === undefined || ms > Date.now()) throw new Error(`a time such as 90s, 30m, 12h or 7d, not ${input}`);
      return ms;
    },
  };
}

/** One of several names. */
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
      const input = given.at(-1);
      const name = names.find((each) => each === input);
      if (input !== name) throw new Error(`${names.join(" or ")}, not "${input}"`);
      return name;
    },
  };
}
