import assert from "node:assert/strict";
import { runtimeWarning, tableDate } from "./runtimes";

describe("runtimeWarning", () => {
  const table: [what: string, runtime: string, today: string, expected: RegExp | undefined][] = [
    ["the deprecation is years ahead: no warning", "nodejs24.x", "2026-03-01", undefined],
    ["181 days before the deprecation: no warning", "nodejs22.x", "2026-10-31", undefined],
    [
      "180 days before the deprecation: the warning names the date and the runtime to set",
      "nodejs22.x",
      "2026-11-01",
      /in 180 days, on 2027-04-30.*nodejs24\.x/,
    ],
    ["one day before the deprecation: the warning counts 1 day", "nodejs22.x", "2027-04-29", /in 1 day, on/],
    [
      "the runtime is deprecated: the warning names the date",
      "nodejs20.x",
      "2026-04-30",
      /deprecated nodejs20\.x on 2026-04-30/,
    ],
    [
      "the table has no newer runtime: the warning asks to look one up",
      "nodejs24.x",
      "2028-03-01",
      /look up a newer runtime/,
    ],
    [
      "the table does not have the runtime: the warning asks to add it",
      "nodejs99.x",
      "2026-03-01",
      /not in the table of/,
    ],
  ];
  for (const [what, runtime, today, expected] of table) {
    it(what, () => {
      const warning = runtimeWarning(runtime, new Date(`${today}T00:00:00Z`));
      if (expected === undefined) assert.equal(warning, undefined);
      else assert.match(warning ?? "", expected);
    });
  }

  it("the warning names the date of the table", () => {
    assert.ok(runtimeWarning("nodejs20.x", new Date("2027-01-01"))?.includes(tableDate));
  });
});
