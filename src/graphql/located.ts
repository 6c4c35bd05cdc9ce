/** Readings whose errors say which field they are of, as the errors of any other field do. */
import { locatedError, responsePathAsArray, type GraphQLResolveInfo } from 'graphql';

export function located<T>(
  source: AsyncIterableIterator<T, undefined>,
  { fieldNodes, path }: GraphQLResolveInfo,
): AsyncIterableIterator<T, undefined> {
  return {
    next: () =>
      source.next().catch((error: unknown) => {
        throw locatedError(error, fieldNodes, responsePathAsArray(path));
      }),
    return: async () => (await source.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
