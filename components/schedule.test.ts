import assert from "node:assert/strict";
import { hoursOf, longestInterval, type RotationRules, scheduleProblems, spreadStart } from "./schedule";

describe("scheduleProblems", () => {
  const good: RotationRules[] = [
    { automaticallyAfterDays: 1 },
    { automaticallyAfterDays: 1000, duration: "24h" },
    { scheduleExpression: "rate(4 hours)" },
    { scheduleExpression: "rate(4 hours)", duration: "4h" },
    { scheduleExpression: "rate(1 day)" },
    { scheduleExpression: "rate(999 days)" },
    { scheduleExpression: "cron(0 2 1 * ? *)" },
    { scheduleExpression: "cron(0 2 ? * SUN *)", duration: "3h" },
    { scheduleExpression: "cron(0 2 ? * MON-FRI *)" },
    { scheduleExpression: "cron(0 8 ? * 2#1 *)" },
    { scheduleExpression: "cron(0 8 ? * FRIL *)" },
    { scheduleExpression: "cron(0 8 L * ? *)" },
    { scheduleExpression: "cron(0 8 31 * ? *)" },
    { scheduleExpression: "cron(0 8 31 JAN,APR ? *)" },
    { scheduleExpression: "cron(0 8 29 FEB ? *)" },
    { scheduleExpression: "cron(0 8 1,31 4 ? *)" },
    { scheduleExpression: "cron(0 8 ? * L *)" },
    { scheduleExpression: "cron(0 8 15W JAN,APR ? *)" },
    { scheduleExpression: "cron(0 */4 * * ? *)" },
    { scheduleExpression: "cron(0 1,9,17 * * ? *)" },
    { scheduleExpression: "cron(0 0/6 1/10 1-6 ? *)" },
    { scheduleExpression: "cron(0 /8 * * ? *)" },
    { scheduleExpression: "cron(0 20 ? * SUN *)", duration: "4h" },
  ];
  for (const rules of good) {
    it(`allows ${JSON.stringify(rules)}`, () => assert.deepEqual(scheduleProblems(rules), []));
  }

  const bad: RotationRules[] = [
    {},
    { automaticallyAfterDays: 1, scheduleExpression: "rate(1 day)" },
    { automaticallyAfterDays: 0 },
    { automaticallyAfterDays: 1001 },
    { automaticallyAfterDays: 1.5 },
    { automaticallyAfterDays: 30, duration: "25h" },
    { automaticallyAfterDays: 30, duration: "0h" },
    { automaticallyAfterDays: 30, duration: "3" },
    { scheduleExpression: "rate(0 days)" },
    { scheduleExpression: "rate(3 hours)" },
    { scheduleExpression: "rate(1 days)" },
    { scheduleExpression: "rate(2 day)" },
    { scheduleExpression: "rate(1000 days)" },
    { scheduleExpression: "rate(240 minutes)" },
    { scheduleExpression: "rate(4 hours)", duration: "5h" },
    { scheduleExpression: "every month" },
    { scheduleExpression: "cron(0 2 * * ?)" },
    { scheduleExpression: "cron(* 2 1 * ? *)" },
    { scheduleExpression: "cron(15 2 1 * ? *)" },
    { scheduleExpression: "cron(0 2 1 * ? 2030)" },
    { scheduleExpression: "cron(0 24 1 * ? *)" },
    { scheduleExpression: "cron(0 2 32 * ? *)" },
    { scheduleExpression: "cron(0 2 0 * ? *)" },
    { scheduleExpression: "cron(0 2 30 FEB ? *)" },
    { scheduleExpression: "cron(0 2 31 4,6 ? *)" },
    { scheduleExpression: "cron(0 2 1 13 ? *)" },
    { scheduleExpression: "cron(0 2 1 FOO ? *)" },
    { scheduleExpression: "cron(0 2 ? * 8 *)" },
    { scheduleExpression: "cron(0 2 ? * ? *)" },
    { scheduleExpression: "cron(0 2 * * * *)" },
    { scheduleExpression: "cron(0 * * * ? *)" },
    { scheduleExpression: "cron(0 1,3 * * ? *)" },
    { scheduleExpression: "cron(0 1,22 * * ? *)" },
    { scheduleExpression: "cron(0 22-2 * * ? *)" },
    { scheduleExpression: "cron(0 */8 * * ? *)", duration: "9h" },
    { scheduleExpression: "cron(0 21 ? * SUN *)", duration: "4h" },
    { scheduleExpression: "cron(0 8,20 * * ? *)", duration: "12h" },
    { scheduleExpression: "cron(0 / * * ? *)" },
    { scheduleExpression: "cron(0 5/0 * * ? *)" },
    { scheduleExpression: "cron(0 2 1 1/0 ? *)" },
  ];
  for (const rules of bad) {
    it(`rejects ${JSON.stringify(rules)}`, () => assert.notDeepEqual(scheduleProblems(rules), []));
  }
});

describe("hoursOf", () => {
  const fields: [string, number[]][] = [
    ["2", [2]],
    ["1,5", [1, 5]],
    ["3-6", [3, 4, 5, 6]],
    ["*/8", [0, 8, 16]],
    ["/8", [0, 8, 16]],
    ["2/8", [2, 10, 18]],
    ["0-12/6", [0, 6, 12]],
  ];
  for (const [field, hours] of fields) it(`reads ${field}`, () => assert.deepEqual(hoursOf(field), hours));
});

describe("a number of a cron that is not written in digits alone", () => {
  for (const expression of ["cron(0 1e1 1 * ? *)", "cron(0 0x8 1 * ? *)", "cron(0 2 1.0 * ? *)"])
    it(`${expression}: is a problem`, () =>
      assert.equal(scheduleProblems({ scheduleExpression: expression }).length, 1));
});

describe("longestInterval", () => {
  const intervals: [string | number, number][] = [
    [30, 30],
    ["rate(48 hours)", 2],
    ["cron(0 2 ? * SUN *)", 7],
    ["cron(0 2 ? * 2#1 *)", 35],
    ["cron(0 2 1 * ? *)", 31],
    ["cron(0 2 1 JAN,JUL ? *)", 186],
    ["cron(0 2 1 */3 ? *)", 93],
    ["cron(0 2 1 /3 ? *)", 93],
    ["cron(0 2 1 1 ? *)", 372],
    ["cron(0 2 31 * ? *)", 62],
    ["cron(0 2 30 2,4,6,8,10,12 ? *)", 124],
    ["cron(0 2 29 2 ? *)", 372],
    ["cron(0 2 31W * ? *)", 62],
    ["cron(0 2 ? * 2#5 *)", 119],
  ];
  for (const [schedule, days] of intervals) {
    it(`is ${days} days for ${schedule}`, () => {
      const rules =
        typeof schedule === "number" ? { automaticallyAfterDays: schedule } : { scheduleExpression: schedule };
      assert.equal(longestInterval(rules), days);
    });
  }
});

describe("spreadStart", () => {
  it("one name: always the same hour inside the window", () => {
    const rules = { scheduleExpression: "cron(0 2 ? * SUN *)", duration: "4h" };
    assert.deepEqual(spreadStart(rules, "a"), spreadStart(rules, "a"));
    for (let i = 0; i < 50; i++) {
      const { scheduleExpression = "", duration } = spreadStart(rules, `db-${i}`);
      assert.match(scheduleExpression, /^cron\(0 [2345] \? \* SUN \*\)$/);
      assert.equal(duration, "1h");
    }
  });

  it("a window that extends past midnight: no secret is moved to another day", () => {
    for (let i = 0; i < 50; i++) {
      const { scheduleExpression = "" } = spreadStart(
        { scheduleExpression: "cron(0 22 ? * SUN *)", duration: "6h" },
        `db-${i}`,
      );
      assert.match(scheduleExpression, /^cron\(0 2[23] /);
    }
  });

  it("a schedule in days, or a window of one hour: the rules are unchanged", () => {
    for (const rules of [{ automaticallyAfterDays: 30 }, { scheduleExpression: "cron(0 2 1 * ? *)" }]) {
      assert.deepEqual(spreadStart(rules, "a"), rules);
    }
  });
});
