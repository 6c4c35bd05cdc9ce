/**
 * Bytes that are held for clients and that no cache can evict: requests under way and answers that are not yet taken. All of
 * the process's clients share one bound.
 */
import { GatewayError } from '../upstream/errors.ts';

/** Answers the function that releases them. Throws RATE_LIMITED where too many are held. */
export type Hold = (bytes: number) => () => void;

export interface ClientBytes {
  readonly hold: Hold;
}

/** Smaller ones are bounded by the number of connections. */
const MIN_COUNTED_BYTES = 16_384;

const NOTHING_HELD = (): void => undefined;

/** The last one that is let in may exceed `maxBytes`: otherwise the largest answer could never be given. */
export function createClientBytes(maxBytes: number): ClientBytes {
  let heldBytes = 0;
  return {
    hold(bytes) {
      if (bytes < MIN_COUNTED_BYTES) return NOTHING_HELD;
      if (heldBytes >= maxBytes) throw tooMany();
      heldBytes += bytes;
      let isHeld = true;
      return () => {
        if (isHeld) heldBytes -= bytes;
        isHeld = false;
      };
    },
  };
}

/** Holds bytes for one client, and releases them when it is gone. `onGone` is called once, with the first of them. */
export function holdFor({ hold }: ClientBytes, onGone: (release: () => void) => void): Hold {
  const releases = new Set<() => void>();
  let isWatched = false;
  let isGone = false;

  function watch(): void {
    isWatched = true;
    onGone(() => {
      isGone = true;
      for (const release of releases) release();
    });
  }

  return (bytes) => {
    const free = isGone ? NOTHING_HELD : hold(bytes);
    if (free === NOTHING_HELD) return free;
    const release = () => {
      releases.delete(release);
      free();
    };
    releases.add(release);
    if (!isWatched) watch();
    return release;
  };
}

const tooMany = (): GatewayError =>
  new GatewayError('RATE_LIMITED', 'Too many large requests and answers are under way. Try again later.', {
    retryAfterSeconds: 1,
  });
