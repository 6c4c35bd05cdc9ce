/**
 * Bytes reserved for clients, which no cache can evict: requests in progress and unread answers. A viewer gets at most half of the
 * limit, so that slow readers leave room for others.
 */
import { GatewayError } from '../../upstream/errors.ts';

export type Release = () => void;

export type ClientBytes = ReturnType<typeof createClientBytes>;

/** All clients without an accepted key are one owner: keys can be invented. */
export const ANONYMOUS = '';

/** Smaller amounts are not counted: the number of connections bounds them. */
export const MIN_COUNTED_BYTES = 16_384;

export const NOTHING_HELD: Release = () => undefined;

/** Reserved bytes by owner. The last reservation may exceed `maxBytes`: otherwise the largest answer could never be sent. */
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

/** `isAccepted`: the gateway or the upstream has accepted the viewer's key. It is called at each reservation. */
export function createClientBytes(maxBytes: number, isAccepted: (viewerId: string) => boolean) {
  const all = createTally(maxBytes);
  // Only this tally admits waiting reservations: requests that keep bytes until they are answered would wait for each other.
  const awaited = createTally(maxBytes);
  let nextRelease = Promise.withResolvers<undefined>();

  const ownerOf = (viewerId: string): string => (isAccepted(viewerId) ? viewerId : ANONYMOUS);

  function keep(owner: string, bytes: number, tallies: readonly ReturnType<typeof createTally>[]): Release {
    // One large answer fills the half of its owner, but not the half of others.
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
    /** Reserves bytes for a viewer, by its id, or for ANONYMOUS. Throws RATE_LIMITED if too many are reserved. */
    hold(viewerId: string, bytes: number): Release {
      if (bytes < MIN_COUNTED_BYTES) return NOTHING_HELD;
      const owner = ownerOf(viewerId);
      if (all.hasRoom(owner)) return keep(owner, bytes, [all]);
      throw new GatewayError('RATE_LIMITED', 'Too many large requests and answers in progress. Try again later.', {
        retryAfterSeconds: 1,
      });
    },
    /** Waits until enough of the earlier waiting reservations are released. */
    async holdWhenFree(viewerId: string, bytes: number): Promise<Release> {
      if (bytes < MIN_COUNTED_BYTES) return NOTHING_HELD;
      while (!awaited.hasRoom(ownerOf(viewerId))) await nextRelease.promise;
      return keep(ownerOf(viewerId), bytes, [all, awaited]);
    },
  };
}
