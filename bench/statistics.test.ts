import assert from "node:assert/strict";
import { median, quantile, round, spreadOf } from "./statistics";

describe("statistics", () => {
  it("takes the middle, or the line between the two in the middle", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.equal(median([7]), 7);
  });

  it("finds what most stay under", () => {
    const hundred = Array.from({ length: 101 }, (_, index) => index);
    assert.equal(quantile(hundred, 0.95), 95);
    assert.deepEqual(spreadOf(hundred), { p10: 10, median: 50, p95: 95, count: 101 });
  });

  it("has nothing to say of nothing", () => {
    assert.throws(() => median([]), /nothing was measured/);
  });

  it("keeps the digits that mean something", () => {
    assert.deepEqual([3.4219, 34.219, 342.19].map(round), [3.42, 34.2, 342]);
  });
});
