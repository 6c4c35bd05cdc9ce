/** Lists whose items fail alone. */
import type { TakeTurn } from '../payload-reader.ts';

/** Loads each item. An item that fails becomes an Error in the list, which nulls that item only. */
export function settleAll<Item, T>(items: readonly Item[], load: (item: Item) => T | Promise<T>): (T | Promise<T>)[] {
  return items.map((item) => {
    try {
      return load(item);
    } catch (error) {
      // The generated types know no Error in a list, though executors do.
      return error as T;
    }
  });
}

/** So many calls of one list wait at a time: the queue of the upstream has room for those of other operations. */
const AT_A_TIME = 50;

/** Loads a few items at a time. Each has a turn of the event loop of its own, for cached ones would all be read in one. */
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
