import assert from "node:assert/strict";
import { readOn, runtimeWarning } from "./runtimes";

describe("runtimeWarning", () => {
  const table: [what: string, runtime: string, today: string, says: RegExp | undefined][] = [
    ["says nothing years ahead", "nodejs24.x", "2026-03-01", undefined],
    ["says nothing 181 days ahead", "nodejs22.x", "2026-10-31", undefined],
    [
      "warns 180 days ahead, with the runtime to go to",
      "nodejs22.x",
      "2026-11-01",
      /in 180 days, on 2027-04-30.*nodejs24\.x/,
    ],
    ["warns on the last day", "nodejs22.x", "2027-04-29", /in 1 day, on/],
    ["says that it is past", "nodejs20.x", "2026-04-30", /has deprecated nodejs20\.x since 2026-04-30/],
    ["asks for a newer one where it knows none", "nodejs24.x", "2028-03-01", /look for a newer one/],
    ["asks about a runtime that it does not know", "nodejs99.x", "2026-03-01", /not in the table of/],
  ];
  for (const [what, runtime, today, says] of table) {
    it(what, () => {
      const warning = runtimeWarning(runtime, new Date(`${today}T00:00:00Z`));
      if (says === undefined) assert.equal(warning, undefined);
      else assert.match(warning ?? "", says);
    });
  }

  it("says how old its table is", () => {
    assert.ok(runtimeWarning("nodejs20.x", new Date("2027-01-01"))?.includes(readOn));
  });
});
