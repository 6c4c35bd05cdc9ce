/** A source of events that first has to find out what to watch: that may fail, and then it is the subscription's error. */
import { createPullIterator } from '../../runs/live/pull-iterator.ts';

export function deferredSource<T>(
  open: () => Promise<AsyncIterableIterator<T, undefined>>,
): AsyncIterableIterator<T, undefined> {
  let source: AsyncIterableIterator<T, undefined> | undefined;
  let hasLeft = false;
  return createPullIterator({
    async next() {
      source ??= await open();
      if (!hasLeft) return source.next();
      await source.return?.();
      return { done: true, value: undefined };
    },
    async end() {
      hasLeft = true;
      await source?.return?.();
    },
  });
}
