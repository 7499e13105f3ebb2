/** Percentiles, in the unit of the values. @throws Error if there are no values */
export function spreadOf(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    /** The percentile that other load on the machine affects least. */
    p10: quantile(sorted, 0.1),
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    count: values.length,
  };
}

/** Interpolates between two measurements. */
function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  if (low === undefined || high === undefined) throw new Error("There are no measurements.");
  return low + (high - low) * (position - Math.floor(position));
}
