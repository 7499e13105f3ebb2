/** Far below AWS's quotas, and fast enough for some hundred secrets. */
const maxConcurrency = 8;

/**
 * Calls `work` for each item, for several items at the same time.
 *
 * @param onProgress - Called with the progress: `3 of 40`.
 * @returns the results, in the order of the items
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  onProgress: (text: string) => void = () => undefined,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = [...items.entries()];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results[next[0]] = await work(next[1]);
      done += 1;
      onProgress(`${done} of ${items.length}`);
    }
  };
  await Promise.all(Array.from({ length: maxConcurrency }, worker));
  return results;
}
