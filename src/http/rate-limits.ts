/**
 * Rate limits over all transports: by viewer if configured, and by address for callers without a credential. A key that is not
 * accepted yet counts by both: keys can be invented.
 */
import type { Caller } from '../auth/caller.ts';
import type { UnacceptedCaller } from '../graphql/operations/operation.ts';
import type { Allowance, RateLimit } from '../graphql/operations/rate-limit.ts';
import type { Headers } from './headers/common-headers.ts';

export type RateLimits = ReturnType<typeof createRateLimits>;

/** `byViewer` null: no limit by viewer. */
export const createRateLimits = (byViewer: RateLimit | null) => ({
  /** Counts one operation. Null if no limit applies. */
  take({ viewer }: Caller, unaccepted: UnacceptedCaller | null): Allowance | null | Promise<Allowance | null> {
    const ofViewer = () => (viewer && byViewer ? byViewer.take(viewer.id) : null);
    if (!unaccepted) return ofViewer();
    const ofAddress = unaccepted.take(1);
    if (!viewer) return ofAddress;
    const ofBoth = (allowance: Allowance) => (allowance.isAllowed ? ofViewer() : allowance);
    return ofAddress instanceof Promise ? ofAddress.then(ofBoth) : ofBoth(ofAddress);
  },
});

export const allowanceHeaders = ({
  limit,
  remaining,
  resetSeconds,
  isAllowed,
  retryAfterSeconds,
}: Allowance): Headers => ({
  'ratelimit-limit': String(limit),
  'ratelimit-remaining': String(remaining),
  'ratelimit-reset': String(resetSeconds),
  ...(!isAllowed && { 'retry-after': String(retryAfterSeconds) }),
});
