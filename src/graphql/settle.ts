/** Lists whose items fail alone. */

/**
 * What is loaded for each item, as a list that GraphQL completes one by one: an Error among them nulls its own place. A
 * list of promises would say the same, but graphql-jit 0.8 puts what is rejected into the wrong places. The list itself
 * is a promise only if any of its items is.
 */
export function settleAll<Item, T>(items: readonly Item[], load: (item: Item) => T | Promise<T>): T[] | Promise<T[]> {
  const outcomes = items.map((item) => errorAsValue(() => load(item)));
  return outcomes.some((outcome) => outcome instanceof Promise) ? Promise.all(outcomes) : (outcomes as T[]);
}

/** The generated types know no Error in a list, though executors do. */
function errorAsValue<T>(load: () => T | Promise<T>): T | Promise<T> {
  const asValue = (error: unknown): T => error as T;
  try {
    const outcome = load();
    return outcome instanceof Promise ? outcome.catch(asValue) : outcome;
  } catch (error) {
    return asValue(error);
  }
}
