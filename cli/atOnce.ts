/** Secrets that are read at the same time: far below the quotas of AWS, and enough for some hundred secrets. */
const workers = 8;

/**
 * Does the work for each item, several at the same time.
 *
 * @param show - Called with the progress: `3 of 40`.
 * @returns the results, in the order of the items
 */
export async function atOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  show: (text: string) => void = () => undefined,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = [...items.entries()];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      results[next[0]] = await work(next[1]);
      done += 1;
      show(`${done} of ${items.length}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return results;
}
