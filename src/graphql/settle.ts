/** Lists whose items fail alone. */

/**
 * The items of a list that GraphQL completes one by one: an Error among them nulls its own place. A list of promises would
 * say the same, but graphql-jit 0.8 puts what is rejected into the wrong places.
 */
export async function settleAll<T>(items: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(items);
  // The generated types know no Error in a list, though executors do.
  return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as T)));
}
