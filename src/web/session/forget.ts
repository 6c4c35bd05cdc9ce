/** Takes out of the cache what nothing on the page shows any more: answers to other questions, and runs that were only told of. */
import type { ApolloClient, ObservableQuery } from '@apollo/client';

export function forgetUnshown(client: ApolloClient): void {
  const queries: Iterable<ObservableQuery> = client.getObservableQueries('active');
  const shown = [...queries]
    .filter(({ options }) => options.fetchPolicy !== 'no-cache')
    .map(({ options: { query }, variables }) => ({ query, variables, data: client.readQuery({ query, variables }) }));
  // In one step: what is shown is there before and after it, and nobody hears of a change.
  client.cache.batch({
    update(cache) {
      // `gc()` would keep what was written by its id: each run that was followed.
      for (const id of Object.keys(cache.extract() as object)) cache.evict({ id });
      for (const { query, variables, data } of shown) {
        if (data !== null) cache.writeQuery({ query, variables, data });
      }
    },
  });
}
