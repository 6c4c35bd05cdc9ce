/** GCRA rate limit: one number per key, and no window edge at which twice the limit could pass. */
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../upstream/errors.ts';

/** Counts an operation for the key if it is allowed; `look` only checks. Synchronous if counted locally. */
export type RateLimit = (key: string, how?: 'count' | 'look') => Allowance | Promise<Allowance>;

/** A limit that all gateways of a fleet count together. */
export interface RateLimitOfFleet {
  /** Kind of the counted keys. */
  readonly kind: string;
  readonly perMinute: number;
  /** Counts while Valkey is unavailable. */
  readonly local: RateLimit;
}

export type ShareRateLimit = (limit: RateLimitOfFleet) => RateLimit;

/** Values of the response headers, as whole numbers. */
export interface Allowance {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the full limit is available again. */
  readonly resetSeconds: number;
  /** Seconds until one more operation is allowed. 0 if it is allowed now. */
  readonly retryAfterSeconds: number;
}

export const MINUTE_MS = 60_000;
/** Upper bound for the sum of rounding errors. */
export const TOLERANCE_MS = 0.001;
/**
 * Each entry takes about 200 bytes. Beyond this number, the least recently used key is evicted and starts from zero.
 */
const MAX_CALLERS = 20_000;

/** `now` returns milliseconds since 1970. */
export function createRateLimit(perMinute: number, now: () => number): RateLimit {
  const intervalMs = MINUTE_MS / perMinute;
  // Times are relative: next to milliseconds since 1970, fractions of a millisecond would be lost.
  const startMs = now();
  // With `max`, the cache would allocate the memory of all entries at once.
  const paidOffAt = new LRUCache<string, number>({ maxSize: MAX_CALLERS, sizeCalculation: () => 1 });

  return (key, how = 'count') => {
    const nowMs = now() - startMs;
    // If the clock was set back, a caller waits at most one minute.
    const owedMs = Math.min(MINUTE_MS, Math.max(0, (paidOffAt.get(key) ?? nowMs) - nowMs));
    const isAllowed = owedMs + intervalMs <= MINUTE_MS + TOLERANCE_MS;
    if (isAllowed && how === 'count') paidOffAt.set(key, nowMs + owedMs + intervalMs);
    return allowanceOf(perMinute, isAllowed, owedMs);
  };
}

/** `owedMs` is the part of the minute used by earlier operations. */
export function allowanceOf(perMinute: number, isAllowed: boolean, owedMs: number): Allowance {
  const intervalMs = MINUTE_MS / perMinute;
  const owedThenMs = isAllowed ? owedMs + intervalMs : owedMs;
  return {
    isAllowed,
    limit: perMinute,
    remaining: Math.max(0, Math.floor((MINUTE_MS - owedThenMs) / intervalMs + TOLERANCE_MS)),
    resetSeconds: Math.ceil(owedThenMs / 1000),
    retryAfterSeconds: isAllowed ? 0 : Math.max(1, Math.ceil((owedMs + intervalMs - MINUTE_MS) / 1000)),
  };
}

export const rateLimited = ({ limit, retryAfterSeconds }: Allowance): GatewayError =>
  new GatewayError(
    'RATE_LIMITED',
    `Rate limit exceeded: ${limit} operations per minute. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
