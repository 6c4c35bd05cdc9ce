/**
 * Bytes that are reserved for clients and that no cache can evict: requests under way and answers that are not yet taken. All
 * clients of the process share one bound, of which no viewer gets more than half: a viewer whose clients read slowly leaves
 * room for the others. A key that is not accepted is not a viewer here: keys can be made up.
 */
import { GatewayError } from '../../upstream/errors.ts';

export type Release = () => void;

export type ClientBytes = ReturnType<typeof createClientBytes>;

/** All clients without an accepted key are one owner. */
export const ANONYMOUS = '';

/** Smaller ones are bounded by the number of connections. */
export const MIN_COUNTED_BYTES = 16_384;

export const NOTHING_HELD: Release = () => undefined;

/** What is reserved, and by whom. The last one that is let in may exceed `maxBytes`: otherwise the largest answer could never be given. */
function createTally(maxBytes: number) {
  let total = 0;
  const byOwner = new Map<string, number>();

  return {
    hasRoom: (owner: string): boolean => total < maxBytes && (byOwner.get(owner) ?? 0) < maxBytes / 2,
    add(owner: string, bytes: number): void {
      total += bytes;
      const own = (byOwner.get(owner) ?? 0) + bytes;
      if (own === 0) byOwner.delete(owner);
      else byOwner.set(owner, own);
    },
  };
}

/** `isAccepted`: the gateway or the upstream has accepted the viewer's key. It is asked whenever something is to be reserved. */
export function createClientBytes(maxBytes: number, isAccepted: (viewerId: string) => boolean) {
  const all = createTally(maxBytes);
  // What waits is admitted by this alone: requests that are reserved until they have their answer would otherwise wait for each other.
  const awaited = createTally(maxBytes);
  let nextRelease = Promise.withResolvers<undefined>();

  const ownerOf = (viewerId: string): string => (isAccepted(viewerId) ? viewerId : ANONYMOUS);

  function keep(owner: string, bytes: number, tallies: readonly ReturnType<typeof createTally>[]): Release {
    // One large answer fills its owner's half, but not that of others.
    const counted = Math.min(bytes, maxBytes / 2);
    for (const tally of tallies) tally.add(owner, counted);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      for (const tally of tallies) tally.add(owner, -counted);
      nextRelease.resolve(undefined);
      nextRelease = Promise.withResolvers();
    };
  }

  return {
    /** Reserves bytes for a viewer, by its id, or for ANONYMOUS. Throws RATE_LIMITED where too many are reserved. */
    hold(viewerId: string, bytes: number): Release {
      if (bytes < MIN_COUNTED_BYTES) return NOTHING_HELD;
      const owner = ownerOf(viewerId);
      if (all.hasRoom(owner)) return keep(owner, bytes, [all]);
      throw new GatewayError('RATE_LIMITED', 'Too many large requests and answers are under way. Try again later.', {
        retryAfterSeconds: 1,
      });
    },
    /** Waits until enough was released of what has waited before it. */
    async holdWhenFree(viewerId: string, bytes: number): Promise<Release> {
      if (bytes < MIN_COUNTED_BYTES) return NOTHING_HELD;
      while (!awaited.hasRoom(ownerOf(viewerId))) await nextRelease.promise;
      return keep(ownerOf(viewerId), bytes, [all, awaited]);
    },
  };
}
