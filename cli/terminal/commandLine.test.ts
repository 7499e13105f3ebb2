import assert from "node:assert/strict";
import { commandOf, helpOf, overviewOf, parse, UsageError } from "./commandLine";
import { choice, flag, text, texts, time, wholeNumber } from "./option";

const line = {
  name: "npm run example --",
  summary: "Does something.",
  options: {
    quick: flag("fewer of them"),
    file: text("<file>", "where it is"),
    secret: texts("<name>", "may be repeated"),
    runs: wholeNumber("how many", 10, [1, 100]),
    since: time("how far back"),
    color: choice("<name>", "which one", { red: { summary: "like blood" }, blue: { summary: "like the sea" } }),
  },
};

describe("parse", () => {
  it("reads each type of option, the last one of repeated options, and missing ones", () => {
    const args = "--quick --file a --file b --secret x --secret y --runs 7 --since 2h --color blue".split(" ");
    assert.deepEqual(parse(line, args)?.values, {
      ...{ quick: true, file: "b", secret: ["x", "y"], runs: 7, since: 7_200_000, color: "blue" },
    });
    assert.deepEqual(parse(line, [])?.values, {
      ...{ quick: false, file: undefined, secret: [], runs: 10, since: undefined, color: undefined },
    });
  });

  for (const help of ["--help", "-h"]) {
    it(`when ${help} is given, returns undefined, also with invalid values`, () => {
      assert.equal(parse(line, ["--runs", "many", help]), undefined);
    });
  }

  const invalidArguments: [string, RegExp][] = [
    ["--runs many", /^--runs takes 1 to 100$/],
    ["--runs 101", /^--runs takes 1 to 100$/],
    ["--runs 1.5", /^--runs takes 1 to 100$/],
    ["--since yesterday", /^--since takes a time such as 90s, 30m, 12h or 7d, not yesterday$/],
    ["--since 30000d", /^--since takes a time such as 90s, 30m, 12h or 7d, not 30000d$/],
    ["--color green", /^--color takes red or blue, not "green"$/],
    ["--color toString", /^--color takes red or blue, not "toString"$/],
    ["--nonsense", /^Unknown option '--nonsense'$/],
    ["--file", /^Option '--file <value>' argument missing$/],
    ["--secret --runs", /^Option '--secret' argument is ambiguous$/],
    ["--quick=yes", /^Option '--quick' does not take an argument$/],
    ["operand", /^operand: name secrets with --secret$/],
  ];
  for (const [args, pattern] of invalidArguments) {
    it(`when the arguments are "${args}", throws UsageError with the reason`, () => {
      assert.throws(
        () => parse(line, args.split(" ")),
        (error) => error instanceof UsageError && pattern.test(error.message),
      );
    });
  }

  it("when operands are declared, accepts them", () => {
    assert.deepEqual(parse({ ...line, operands: "[part …]" }, ["a", "--quick", "b"])?.operands, ["a", "b"]);
  });
});

describe("helpOf", () => {
  it("lists each option with its value, its choices and its help", () => {
    const help = helpOf(line);
    for (const expected of [
      /^Does something\.\n\nusage: npm run example -- \[options\]\n/,
      /^ {2}--quick +fewer of them$/m,
      /^ {2}--file <file> +where it is$/m,
      /^ {2}--runs <n> +how many; default 10$/m,
      /^ {4}blue +like the sea$/m,
      /^ {2}--help, -h +print this help$/m,
      /^exit code: 0 /m,
    ]) {
      assert.match(help, expected);
    }
  });
});

describe("commandOf", () => {
  const commands = {
    name: "npm run example --",
    summary: "Does several things.",
    commands: { one: line, two: { ...line, options: { secret: line.options.secret } } },
  };

  it("when options precede the command, finds the command", () => {
    assert.deepEqual(commandOf(commands, ["--secret", "two", "one", "--quick"]), {
      ...{ command: "one", rest: ["--secret", "two", "--quick"] },
    });
  });

  it("when an option belongs to another command, throws", () => {
    assert.throws(() => commandOf(commands, ["two", "--quick"]), /^UsageError|two takes no --quick/);
  });

  it("when --help is given without a command, returns undefined, and the overview names each command", () => {
    assert.equal(commandOf(commands, ["-h"]), undefined);
    assert.match(overviewOf(commands), /^ {2}one +Does something\.$/m);
  });
});
