/** Helpers for the `subscribe` resolvers. */
import { locatedError, responsePathAsArray, type GraphQLResolveInfo } from 'graphql';

/** Ends the source at the signal. A generator around it would first wait for the pending value. */
export function endedBy<T>(
  signal: AbortSignal,
  source: AsyncIterableIterator<T, undefined>,
): AsyncIterableIterator<T, undefined> {
  const end = () => void source.return?.();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  return source;
}

/** Adds the field's path to the error that ends the source. */
export async function* located<T>(
  source: AsyncIterable<T, undefined>,
  { fieldNodes, path }: GraphQLResolveInfo,
): AsyncGenerator<T, undefined> {
  try {
    yield* source;
    return undefined;
  } catch (error) {
    throw locatedError(error, fieldNodes, responsePathAsArray(path));
  }
}
