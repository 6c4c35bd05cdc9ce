/** Failures of the last second: a resource that has just failed is not fetched again, however often it is asked for. */
import { LRUCache } from 'lru-cache';
import type { GatewayError } from '../upstream/errors.ts';

export interface RecentFailures {
  get(key: string): GatewayError | undefined;
  add(key: string, error: GatewayError): void;
  delete(key: string): void;
}

interface Failure {
  readonly error: GatewayError;
  readonly untilMs: number;
}

const MAX_BYTES = 2 ** 20;
/** An error with its stack takes up to 1 KB, its slot 0.2 KB. */
const FAILURE_OVERHEAD_BYTES = 1200;

/** Forgets a failure after `pauseMs`, and the oldest ones earlier when they take more than MAX_BYTES. */
export function createRecentFailures(pauseMs: number, now: () => number): RecentFailures {
  const failures = new LRUCache<string, Failure>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_failure, key) => FAILURE_OVERHEAD_BYTES + 2 * key.length,
  });
  return {
    get(key) {
      const failure = failures.peek(key);
      if (!failure || now() < failure.untilMs) return failure?.error;
      failures.delete(key);
      return undefined;
    },
    add: (key, error) => void failures.set(key, { error, untilMs: now() + pauseMs }),
    delete: (key) => void failures.delete(key),
  };
}
