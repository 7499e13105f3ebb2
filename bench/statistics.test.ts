import assert from "node:assert/strict";
import { spreadOf } from "./statistics";

describe("spreadOf", () => {
  it("when a percentile is one of the measurements, returns that measurement", () => {
    const values = Array.from({ length: 101 }, (_, index) => 100 - index);
    assert.deepEqual(spreadOf(values), { p10: 10, median: 50, p95: 95, count: 101 });
    assert.equal(spreadOf([7]).median, 7);
  });

  it("when a percentile is between two measurements, interpolates", () => {
    assert.equal(spreadOf([4, 1, 2, 3]).median, 2.5);
  });

  it("when there are no measurements, throws", () => {
    assert.throws(() => spreadOf([]), /no measurements/);
  });
});
