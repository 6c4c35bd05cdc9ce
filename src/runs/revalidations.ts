/** For each viewer the call that renews its right: whoever finds cached data meanwhile waits for it, and makes no call. */
import type { Viewer } from './viewer.ts';

export interface Revalidations {
  /** Resolves with the call's error, or null if it succeeded; undefined where no such call is under way. */
  of(viewer: Viewer): Promise<unknown> | undefined;
  /** The latest call replaces an earlier one. */
  start(viewer: Viewer, call: Promise<unknown>): void;
}

/** Holds calls under way only, so the upstream's bulkhead bounds it. */
export function createRevalidations(): Revalidations {
  const outcomes = new Map<string, Promise<unknown>>();
  return {
    of: ({ id }) => outcomes.get(id),
    start({ id }, call) {
      const outcome: Promise<unknown> = call
        .then(
          () => null,
          (error: unknown) => error,
        )
        .finally(() => {
          if (outcomes.get(id) === outcome) outcomes.delete(id);
        });
      outcomes.set(id, outcome);
    },
  };
}
