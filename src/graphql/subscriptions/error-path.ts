/** Adds the field's path to errors of a subscription's source. */
import { locatedError, responsePathAsArray, type GraphQLResolveInfo } from 'graphql';
import { createPullIterator } from '../../runs/live/pull-iterator.ts';

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
