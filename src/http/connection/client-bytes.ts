/**
 * Bytes that are held for clients and that no cache can evict: requests under way and answers that are not yet taken. All of
 * the process's clients share one bound, of which no viewer gets more than half: a viewer whose clients read slowly leaves
 * room for the others.
 */
import { GatewayError } from '../../upstream/errors.ts';

/** What is held for one client. */
export interface HeldBytes {
  /** Answers the function that releases them. Throws RATE_LIMITED where too many are held. */
  hold(bytes: number): () => void;
  /** Waits until enough was released. */
  holdWhenFree(bytes: number): Promise<() => void>;
}

export interface ClientBytes {
  /** The owner of what is held: a viewer's id, or ANONYMOUS. */
  of(owner: string): HeldBytes;
}

/** All that is held before its client is authenticated has one owner. */
export const ANONYMOUS = '';

/** Smaller ones are bounded by the number of connections. */
export const MIN_COUNTED_BYTES = 16_384;

const NOTHING_HELD = (): void => undefined;

/** The last one that is let in may exceed `maxBytes`: otherwise the largest answer could never be given. */
export function createClientBytes(maxBytes: number): ClientBytes {
  let heldBytes = 0;
  const heldByOwner = new Map<string, number>();
  let nextRelease = Promise.withResolvers<undefined>();

  function add(owner: string, bytes: number): void {
    heldBytes += bytes;
    const own = (heldByOwner.get(owner) ?? 0) + bytes;
    if (own === 0) heldByOwner.delete(owner);
    else heldByOwner.set(owner, own);
  }

  const mayHold = (owner: string, bytes: number): boolean =>
    bytes < MIN_COUNTED_BYTES || (heldBytes < maxBytes && (heldByOwner.get(owner) ?? 0) < maxBytes / 2);

  function hold(owner: string, bytes: number): () => void {
    if (!mayHold(owner, bytes)) throw tooMany();
    if (bytes < MIN_COUNTED_BYTES) return NOTHING_HELD;
    // One large answer fills its owner's half, but not that of others.
    const counted = Math.min(bytes, maxBytes / 2);
    add(owner, counted);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      add(owner, -counted);
      nextRelease.resolve(undefined);
      nextRelease = Promise.withResolvers();
    };
  }

  return {
    of: (owner) => ({
      hold: (bytes) => hold(owner, bytes),
      async holdWhenFree(bytes) {
        while (!mayHold(owner, bytes)) await nextRelease.promise;
        return hold(owner, bytes);
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
