/** What is said of many measurements of one thing: the middle, and what 10 and 95 of 100 stay under. */
export interface Spread {
  /** On a machine that has other things to do, the one that says most of the code. */
  readonly p10: number;
  readonly median: number;
  readonly p95: number;
  readonly count: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return {
    p10: quantile(values, 0.1),
    median: quantile(values, 0.5),
    p95: quantile(values, 0.95),
    count: values.length,
  };
}

/** Between two measurements, the straight line. @throws Error when there are no measurements */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (low === undefined || high === undefined) throw new Error("nothing was measured");
  return low + (high - low) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** With the digits that still mean something: 3.42, 34.2, 342. */
export function round(value: number): number {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number(value.toFixed(digits));
}
