/** Readings whose errors say which field they are of, as the errors of any other field do. */
import { locatedError, responsePathAsArray, type GraphQLResolveInfo } from 'graphql';
import { createPullIterator } from '../runs/live/pull-iterator.ts';

export function located<T>(
  source: AsyncIterableIterator<T, undefined>,
  { fieldNodes, path }: GraphQLResolveInfo,
): AsyncIterableIterator<T, undefined> {
  return createPullIterator({
    next: () =>
      source.next().catch((error: unknown) => {
        throw locatedError(error, fieldNodes, responsePathAsArray(path));
      }),
    end: () => source.return?.(),
  });
}
