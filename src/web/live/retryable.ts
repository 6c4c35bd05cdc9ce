/** True if the same query may succeed later: the gateway is unreachable, or reports a retryable error. */
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { TooLargeAnswer } from '../session/bounded-fetch.ts';

export const isRetryable = (error: Error): boolean =>
  CombinedGraphQLErrors.is(error)
    ? error.errors.some(({ extensions }) => extensions?.retryable === true)
    : !(error instanceof TooLargeAnswer);
