/** The rate limit over HTTP: a request counts once, however many ways it is tried on, and every answer says what is left. */
import type { Allowance, RateLimit } from '../graphql/rate-limit.ts';
import type { Viewer } from '../runs/viewer.ts';

const ALLOWANCE = Symbol('what the rate limit said of the request');

/** On the request itself: a map beside it would cost more. */
export type CountedRequest = object & { [ALLOWANCE]?: Allowance | undefined };

export interface Admission {
  readonly isLimited: boolean;
  /** Null where there is no limit. Without a viewer nothing goes upstream, and nothing is counted. */
  admit(request: CountedRequest, viewer: Viewer | null): Allowance | null;
}

export function createAdmission(rateLimit: RateLimit | null): Admission {
  if (!rateLimit) return { isLimited: false, admit: () => null };
  return {
    isLimited: true,
    admit: (request, viewer) => (viewer ? (request[ALLOWANCE] ??= rateLimit.take(viewer)) : null),
  };
}

export const allowanceOf = (request: CountedRequest): Allowance | null => request[ALLOWANCE] ?? null;

export function allowanceHeaders(allowance: Allowance): (readonly [name: string, value: string])[] {
  const { limit, remaining, resetSeconds, isAllowed, retryAfterSeconds } = allowance;
  return [
    ['ratelimit-limit', String(limit)],
    ['ratelimit-remaining', String(remaining)],
    ['ratelimit-reset', String(resetSeconds)],
    ...(isAllowed ? [] : [['retry-after', String(retryAfterSeconds)] as const]),
  ];
}

/** What pages of other origins may read of these. */
export const EXPOSED_HEADERS = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'retry-after'];
