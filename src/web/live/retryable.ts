/** What an error says about a later try of the same query. */
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { TooLargeAnswer } from '../session/bounded-fetch.ts';
import type { Outage } from './outages.ts';

/** True if the same query may succeed later: the gateway is unreachable, or reports a retryable error. */
export const isRetryable = (error: Error): boolean =>
  CombinedGraphQLErrors.is(error)
    ? error.errors.some(({ extensions }) => extensions?.retryable === true)
    : !(error instanceof TooLargeAnswer);

/** True if the gateway did not answer. */
export const isUnreachable = (error: Error): boolean => !CombinedGraphQLErrors.is(error) && isRetryable(error);

const NOT_ANSWERING: readonly unknown[] = ['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'UPSTREAM_OVERLOADED'];

/** The outage behind an error; null if a part of the answer could be loaded, which then has its own notice. */
export function outageOf(error: Error | undefined): Outage['of'] | null {
  if (!error) return null;
  if (!CombinedGraphQLErrors.is(error)) return isRetryable(error) ? 'gateway' : null;
  const isOut = error.errors.some(
    ({ path, extensions }) => path?.length === 1 && NOT_ANSWERING.includes(extensions?.code),
  );
  return isOut ? 'upstream' : null;
}
