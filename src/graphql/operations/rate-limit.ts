/** Rate limit by GCRA: one number per key, and no window edge at which twice as many operations pass. */
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../../upstream/errors.ts';

export interface RateLimit {
  /** Counts `operations` of this key (default 1) if they are allowed. Synchronous if the count is local. */
  take(key: string, operations?: number): Allowance | Promise<Allowance>;
}

export interface LocalRateLimit extends RateLimit {
  take(key: string, operations?: number): Allowance;
}

/** A limit that all gateways of a fleet count together. */
export interface RateLimitOfFleet {
  /** Kind of the keys that are counted. */
  readonly kind: string;
  readonly perMinute: number;
  /** Counts while Valkey is unavailable. */
  readonly local: LocalRateLimit;
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
/** Each takes about 200 bytes. Above this number, the least recently used key is evicted and starts from zero. */
const MAX_CALLERS = 20_000;

export interface RateLimitOptions {
  readonly perMinute: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly maxCallers?: number;
}

export function createRateLimit({ perMinute, now, maxCallers = MAX_CALLERS }: RateLimitOptions): LocalRateLimit {
  const intervalMs = MINUTE_MS / perMinute;
  // Relative times, since fractions of a millisecond would be lost next to milliseconds since 1970.
  const startMs = now();
  // With `max`, the cache would allocate the memory of all entries at once.
  const paidOffAt = new LRUCache<string, number>({ maxSize: maxCallers, sizeCalculation: () => 1 });

  return {
    take(key, operations = 1) {
      const takesMs = timeOf(operations, intervalMs);
      const nowMs = now() - startMs;
      // If the clock was set back, a caller waits at most a minute.
      const owedMs = Math.min(MINUTE_MS, Math.max(0, (paidOffAt.get(key) ?? nowMs) - nowMs));
      const isAllowed = owedMs + takesMs <= MINUTE_MS + TOLERANCE_MS;
      if (isAllowed) paidOffAt.set(key, nowMs + owedMs + takesMs);
      return allowanceOf(perMinute, isAllowed, owedMs, takesMs);
    },
  };
}

/** Milliseconds that operations use. Many at once use at most a minute less one operation, so that they can pass. */
export const timeOf = (operations: number, intervalMs: number): number =>
  operations === 1 ? intervalMs : Math.min(MINUTE_MS - intervalMs, operations * intervalMs);

/** `owedMs` is the part of the minute used by earlier operations, `takesMs` the part that these use. */
export function allowanceOf(perMinute: number, isAllowed: boolean, owedMs: number, takesMs: number): Allowance {
  const intervalMs = MINUTE_MS / perMinute;
  const owedThenMs = isAllowed ? owedMs + takesMs : owedMs;
  return {
    isAllowed,
    limit: perMinute,
    remaining: Math.max(0, Math.floor((MINUTE_MS - owedThenMs) / intervalMs + TOLERANCE_MS)),
    resetSeconds: Math.ceil(owedThenMs / 1000),
    retryAfterSeconds: isAllowed ? 0 : Math.max(1, Math.ceil((owedMs + takesMs - MINUTE_MS) / 1000)),
  };
}

export const rateLimited = ({ limit, retryAfterSeconds }: Allowance): GatewayError =>
  new GatewayError(
    'RATE_LIMITED',
    `Rate limit exceeded: ${limit} operations per minute. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
