/** Evicts data that the page no longer shows: answers to earlier queries, and runs that arrived only with events. */
import type { ApolloClient, ObservableQuery } from '@apollo/client';

export function forgetUnshown(client: ApolloClient): void {
  const queries: Iterable<ObservableQuery> = client.getObservableQueries('active');
  const shown = [...queries]
    .filter(({ options }) => options.fetchPolicy !== 'no-cache')
    .map(({ options: { query }, variables }) => ({ query, variables, data: client.readQuery({ query, variables }) }));
  // One batch: shown data is there before and after it, so no query sees a change.
  client.cache.batch({
    update(cache) {
      // `gc()` would keep entities written by id, such as every watched run.
      for (const id of Object.keys(cache.extract() as object)) cache.evict({ id });
      for (const { query, variables, data } of shown) {
        if (data !== null) cache.writeQuery({ query, variables, data });
      }
    },
  });
}
