/** Lists whose items fail alone. */

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
