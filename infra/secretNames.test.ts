import assert from "node:assert/strict";
import fc from "fast-check";
import { secretNamePatterns } from "../components";
import { secretNameOf } from "./secretNames";

describe("secretNameOf", () => {
  it("an ARN: returns the name without the six characters that Secrets Manager appends", () => {
    const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-x-AbCdEf";
    assert.equal(secretNameOf({ secretArn }), "app/db-x");
    assert.equal(secretNameOf({ secretName: "app/db" }), "app/db");
  });
});

describe("secretNamePatterns", () => {
  const numbered = (count: number, name: (i: number) => string): string[] =>
    Array.from({ length: count }, (_, i) => name(i));
  const cases: [string, string[], string[]][] = [
    ["one name: the name itself", ["app/db"], ["app/db"]],
    ["a common prefix up to a separator: one pattern", ["ananta/prod/a", "ananta/prod/b"], ["ananta/prod/*"]],
    ["no common prefix: each name", ["beta/db", "alpha/db"], ["alpha/db", "beta/db"]],
    [
      "a common prefix without a separator: separate patterns",
      ["products/a", "payments/db", "products/b"],
      ["payments/db", "products/*"],
    ],
    [
      "more names than the limit: one pattern by the common prefix",
      numbered(200, (i) => `db${String.fromCharCode(97 + (i % 26))}${i}`),
      ["db*"],
    ],
    ["a thousand names with a common prefix: one pattern", numbered(1000, (i) => `team-${i % 40}/db-${i}`), ["team-*"]],
    [
      "a thousand names of three teams: one pattern for each team",
      numbered(1000, (i) => `${["orders", "users", "stock"][i % 3]}/db-${i}`),
      ["orders/db-*", "stock/db-*", "users/db-*"],
    ],
    ["more prefixes than the limit: the pattern *", numbered(11, (i) => `${"abcdefghijk"[i]}/db`), ["*"]],
  ];
  for (const [what, names, patterns] of cases) {
    it(`${what}`, () => assert.deepEqual(secretNamePatterns(names), patterns));
  }

  it("any names: every name matches, the number of patterns is limited, and the order of the names does not matter", () => {
    const name = fc.string({ unit: fc.constantFrom(..."ab/-1"), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 40 }), (names) => {
        const patterns = secretNamePatterns(names);
        assert.ok(patterns.length <= 10);
        for (const one of names) {
          const matching = patterns.filter((p) => (p.endsWith("*") ? one.startsWith(p.slice(0, -1)) : one === p));
          assert.ok(matching.length > 0, `${one} in ${patterns}`);
        }
        assert.deepEqual(secretNamePatterns([...names].reverse()), patterns);
      }),
    );
  });

  it("long names: the patterns stay within the length limit", () => {
    const patterns = secretNamePatterns(numbered(9, (i) => `${i}${"x".repeat(400)}`));
    assert.ok(patterns.join("").length <= 800);
  });
});
