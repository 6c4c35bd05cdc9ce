/**
 * How many operations a viewer may send in a minute, over all transports together. By the generic cell rate algorithm: one
 * number a viewer, the moment at which all that was sent is paid off, and no edge of a window at which twice as many pass.
 */
import { LRUCache } from 'lru-cache';
import type { Viewer } from '../runs/viewer.ts';
import { GatewayError } from '../upstream/errors.ts';

export interface RateLimit {
  /** Counts one operation, unless it is refused. */
  take(viewer: Viewer): Allowance;
}

/** What a client is told, as whole numbers. */
export interface Allowance {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Until everything is allowed again. */
  readonly resetSeconds: number;
  /** Until one more is; 0 if it is now. */
  readonly retryAfterSeconds: number;
}

const MINUTE_MS = 60_000;
/** Keys may be made up: past this many the one that was quiet longest is forgotten, and begins anew. */
const MAX_VIEWERS = 50_000;

export interface RateLimitOptions {
  readonly perMinute: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly maxViewers?: number;
}

export function createRateLimit({ perMinute, now, maxViewers = MAX_VIEWERS }: RateLimitOptions): RateLimit {
  const intervalMs = MINUTE_MS / perMinute;
  // Fractions of a millisecond would be lost beside the milliseconds since 1970.
  const startMs = now();
  const paidOffAt = new LRUCache<string, number>({ max: maxViewers });

  return {
    take({ id }) {
      const nowMs = now() - startMs;
      // A clock that was set back must not lock anybody out for longer than a minute.
      const owedMs = Math.min(MINUTE_MS, Math.max(0, (paidOffAt.get(id) ?? nowMs) - nowMs));
      // Fractions of a millisecond add up to less than this.
      const isAllowed = owedMs + intervalMs <= MINUTE_MS + 0.001;
      const owedThenMs = isAllowed ? owedMs + intervalMs : owedMs;
      if (isAllowed) paidOffAt.set(id, nowMs + owedThenMs);
      return {
        isAllowed,
        limit: perMinute,
        remaining: Math.max(0, Math.floor((MINUTE_MS - owedThenMs) / intervalMs + 0.001)),
        resetSeconds: Math.ceil(owedThenMs / 1000),
        retryAfterSeconds: isAllowed ? 0 : Math.max(1, Math.ceil((owedMs + intervalMs - MINUTE_MS) / 1000)),
      };
    },
  };
}

export function rateLimited({ limit, retryAfterSeconds }: Allowance): GatewayError {
  return new GatewayError(
    'RATE_LIMITED',
    `this key may send ${limit} operations a minute (RATE_LIMIT_PER_MINUTE), and has; try again in ${retryAfterSeconds} s`,
    { retryAfterSeconds },
  );
}
