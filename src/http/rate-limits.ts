/** Rate limits over all transports: by viewer if configured, and by address for callers without a viewer. */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../auth/caller.ts';
import type { Allowance, RateLimit } from '../graphql/operations/rate-limit.ts';

export interface RateLimits {
  /** Counts one operation. Null where no limit applies. */
  take(caller: Caller, request: IncomingMessage): Allowance | null | Promise<Allowance>;
}

export interface RateLimitsOptions {
  /** Null: none. */
  readonly byViewer: RateLimit | null;
  readonly byAddress: RateLimit;
  readonly addressOf: (request: IncomingMessage) => string;
}

export const createRateLimits = ({ byViewer, byAddress, addressOf }: RateLimitsOptions): RateLimits => ({
  take({ viewer }, request) {
    return viewer ? (byViewer?.take(viewer.id) ?? null) : byAddress.take(addressOf(request));
  },
});

/** Names and values in turn. */
export function allowanceHeaders({
  limit,
  remaining,
  resetSeconds,
  isAllowed,
  retryAfterSeconds,
}: Allowance): string[] {
  return [
    'ratelimit-limit',
    String(limit),
    'ratelimit-remaining',
    String(remaining),
    'ratelimit-reset',
    String(resetSeconds),
    ...(isAllowed ? [] : ['retry-after', String(retryAfterSeconds)]),
  ];
}
