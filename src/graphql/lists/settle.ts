/** Lists whose items fail separately. */
import type { TakeTurn } from '../payload-reader.ts';

/** Loads each item. A failed item becomes an Error in the list, which nulls only that item. */
export function settleAll<Item, T>(items: readonly Item[], load: (item: Item) => T | Promise<T>): (T | Promise<T>)[] {
  return items.map((item) => {
    try {
      return load(item);
    } catch (error) {
      // Executors accept an Error in a list, but the generated types do not.
      return error as T;
    }
  });
}

/** Concurrent calls per list, so that the upstream's queue has room for other operations. */
const AT_A_TIME = 50;

/** Loads a few items at a time, each in its own turn: cached items would otherwise all be read in one turn. */
export async function settleInTurns<Item, T>(
  items: readonly Item[],
  load: (item: Item) => Promise<T>,
  takeTurn: TakeTurn,
): Promise<PromiseSettledResult<T>[]> {
  const settled: PromiseSettledResult<T>[] = [];
  const waiting = items.entries();
  async function loadNext(): Promise<void> {
    for (const [index, item] of waiting) {
      await new Promise<void>(takeTurn);
      const [result] = await Promise.allSettled([load(item)]);
      settled[index] = result;
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, items.length) }, loadNext));
  return settled;
}
