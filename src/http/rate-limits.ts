/**
 * Rate limits over all transports: by viewer if configured, and by address for callers without a credential. A key that neither the gateway
 * nor the upstream has accepted yet counts by both: it can be invented.
 */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../auth/caller.ts';
import type { Allowance, RateLimit } from '../graphql/operations/rate-limit.ts';

export interface RateLimits {
  /** Counts one operation. Null where no limit applies. */
  take(caller: Caller, request: IncomingMessage): Allowance | null | Promise<Allowance | null>;
  /** Counts so many more for work that needs no accepted key. Null for a caller who has one. */
  takeUnaccepted(caller: Caller, request: IncomingMessage, operations: number): Allowance | null | Promise<Allowance>;
}

export interface RateLimitsOptions {
  /** Null: none. */
  readonly byViewer: RateLimit | null;
  readonly byAddress: RateLimit;
  readonly isAccepted: (viewerId: string) => boolean;
  /** The address of the client, or the network of it that counts as one. */
  readonly networkOf: (request: IncomingMessage) => string;
}

export function createRateLimits({ byViewer, byAddress, isAccepted, networkOf }: RateLimitsOptions): RateLimits {
  const accepted = ({ viewer }: Caller) => (viewer && isAccepted(viewer.id) ? viewer : null);
  return {
    take(caller, request) {
      const { viewer } = caller;
      const ofViewer = () => (viewer && byViewer ? byViewer.take(viewer.id) : null);
      if (accepted(caller)) return ofViewer();
      const ofAddress = byAddress.take(networkOf(request));
      if (!viewer) return ofAddress;
      const ofBoth = (allowance: Allowance) => (allowance.isAllowed ? ofViewer() : allowance);
      return ofAddress instanceof Promise ? ofAddress.then(ofBoth) : ofBoth(ofAddress);
    },
    takeUnaccepted: (caller, request, operations) =>
      accepted(caller) ? null : byAddress.take(networkOf(request), operations),
  };
}

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
