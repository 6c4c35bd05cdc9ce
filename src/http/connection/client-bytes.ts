/**
 * Bytes that are held for clients and that no cache can evict: requests under way and answers that are not yet taken. All of
 * the process's clients share one bound, of which no viewer gets more than half: a viewer whose clients read slowly leaves
 * room for the others. A key that nobody has accepted is no viewer here: keys can be made up.
 */
import { GatewayError } from '../../upstream/errors.ts';

/** What is held for one client. */
export interface HeldBytes {
  /** Answers the function that releases them. Throws RATE_LIMITED where too many are held. */
  hold(bytes: number): () => void;
  /** Waits until enough was released of what has waited before it. */
  holdWhenFree(bytes: number): Promise<() => void>;
}

export interface ClientBytes {
  /** Of a viewer, by its id; or ANONYMOUS. */
  of(viewerId: string): HeldBytes;
}

/** All that is held for keys that are not accepted, and for clients without one, has one owner. */
export const ANONYMOUS = '';

/** Smaller ones are bounded by the number of connections. */
export const MIN_COUNTED_BYTES = 16_384;

const NOTHING_HELD = (): void => undefined;

/** What is held, and by whom. The last one that is let in may exceed `maxBytes`: otherwise the largest answer could never be given. */
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

/** `isAccepted`: the gateway or the upstream has accepted the viewer's key. It is asked whenever something is to be held. */
export function createClientBytes(maxBytes: number, isAccepted: (viewerId: string) => boolean): ClientBytes {
  const all = createTally(maxBytes);
  // What waits is admitted by this alone: it would wait for ever for requests that are held until they have their answer, and wait as well.
  const awaited = createTally(maxBytes);
  let nextRelease = Promise.withResolvers<undefined>();

  const ownerOf = (viewerId: string): string => (isAccepted(viewerId) ? viewerId : ANONYMOUS);

  function keep(owner: string, bytes: number, tallies: readonly ReturnType<typeof createTally>[]): () => void {
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
    of: (viewerId) => ({
      hold(bytes) {
        if (bytes < MIN_COUNTED_BYTES) return NOTHING_HELD;
        const owner = ownerOf(viewerId);
        if (!all.hasRoom(owner)) throw tooMany();
        return keep(owner, bytes, [all]);
      },
      async holdWhenFree(bytes) {
        if (bytes < MIN_COUNTED_BYTES) return NOTHING_HELD;
        while (!awaited.hasRoom(ownerOf(viewerId))) await nextRelease.promise;
        return keep(ownerOf(viewerId), bytes, [all, awaited]);
      },
    }),
  };
}

/** What one request holds. */
export interface Holding extends HeldBytes {
  readonly isEmpty: () => boolean;
  /** Releases all, and what is held from then on: when the work is over, and the client has its answer or is gone. */
  readonly end: () => void;
}

export function createHolding(held: HeldBytes): Holding {
  const releases = new Set<() => void>();
  let isOver = false;

  function keep(free: () => void): () => void {
    if (free === NOTHING_HELD) return free;
    const release = () => {
      releases.delete(release);
      free();
    };
    if (isOver) release();
    else releases.add(release);
    return release;
  }

  return {
    hold: (bytes) => keep(held.hold(bytes)),
    holdWhenFree: async (bytes) => keep(await held.holdWhenFree(bytes)),
    isEmpty: () => releases.size === 0,
    end() {
      isOver = true;
      for (const release of releases) release();
    },
  };
}

const tooMany = (): GatewayError =>
  new GatewayError('RATE_LIMITED', 'Too many large requests and answers are under way. Try again later.', {
    retryAfterSeconds: 1,
  });
