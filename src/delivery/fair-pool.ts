/**
 * A pool of bounded concurrency that is fair between keys: the next item is of the key with the least
 * under way. A receiver that hangs delays its own deliveries and not those of others.
 */

/**
 * Runs `work` over all items, at most `limit` at a time.
 *
 * @param keyOf the key among which places are shared, such as the destination
 * @param work never rejects
 */
export async function runFairly<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const underWay = new Map<string, number>();
  const load = (item: T) => underWay.get(keyOf(item)) ?? 0;
  const count = (item: T, change: number) => underWay.set(keyOf(item), load(item) + change);

  const worker = async () => {
    while (waiting.length > 0) {
      const least = Math.min(...waiting.map(load));
      const [item] = waiting.splice(
        waiting.findIndex((candidate) => load(candidate) === least),
        1,
      ) as [T];
      count(item, 1);
      await work(item);
      count(item, -1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
