/**
 * Rate limit by the generic cell rate algorithm (GCRA): one number for each key, and no window at whose edge twice as many
 * operations pass.
 */
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../../upstream/errors.ts';

export interface RateLimit {
  /** Counts operations of this key (1 if left out), unless they are refused. At once where the count is this gateway's own. */
  take(key: string, operations?: number): Allowance | Promise<Allowance>;
}

export interface LocalRateLimit extends RateLimit {
  take(key: string, operations?: number): Allowance;
}

/** A limit that all gateways of a fleet count together. */
export interface RateLimitOfFleet {
  /** Whose operations are counted. */
  readonly kind: string;
  readonly perMinute: number;
  /** Counts while Valkey is away. */
  readonly local: LocalRateLimit;
}

export type ShareRateLimit = (limit: RateLimitOfFleet) => RateLimit;

/** What the response headers say, in whole numbers. */
export interface Allowance {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Until everything is allowed again. */
  readonly resetSeconds: number;
  /** Until one more is; 0 if it is now. */
  readonly retryAfterSeconds: number;
}

export const MINUTE_MS = 60_000;
/** Fractions of a millisecond add up to less than this. */
export const TOLERANCE_MS = 0.001;
/** Each takes about 200 bytes. Beyond that the least recently used is evicted, and starts anew. */
const MAX_CALLERS = 20_000;

export interface RateLimitOptions {
  readonly perMinute: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly maxCallers?: number;
}

export function createRateLimit({ perMinute, now, maxCallers = MAX_CALLERS }: RateLimitOptions): LocalRateLimit {
  const intervalMs = MINUTE_MS / perMinute;
  // Fractions of a millisecond would be lost beside the milliseconds since 1970.
  const startMs = now();
  // By `max` the memory of all of them would be taken at once.
  const paidOffAt = new LRUCache<string, number>({ maxSize: maxCallers, sizeCalculation: () => 1 });

  return {
    take(key, operations = 1) {
      const takesMs = timeOf(operations, intervalMs);
      const nowMs = now() - startMs;
      // If the clock was set back, nobody waits longer than a minute.
      const owedMs = Math.min(MINUTE_MS, Math.max(0, (paidOffAt.get(key) ?? nowMs) - nowMs));
      const isAllowed = owedMs + takesMs <= MINUTE_MS + TOLERANCE_MS;
      if (isAllowed) paidOffAt.set(key, nowMs + owedMs + takesMs);
      return allowanceOf(perMinute, isAllowed, owedMs, takesMs);
    },
  };
}

/** What operations use of the minute: of many at once at most what one of them has left, or they would never be allowed. */
export const timeOf = (operations: number, intervalMs: number): number =>
  operations === 1 ? intervalMs : Math.min(MINUTE_MS - intervalMs, operations * intervalMs);

/** `owedMs`: what earlier operations have used of the minute. `takesMs`: what these use. */
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
