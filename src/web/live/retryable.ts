/** Whether the same question may be answered in a moment: the gateway is away, or says so. */
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { TooLargeAnswer } from '../session/bounded-fetch.ts';

export const isRetryable = (error: Error): boolean =>
  CombinedGraphQLErrors.is(error)
    ? error.errors.some(({ extensions }) => extensions?.retryable === true)
    : !(error instanceof TooLargeAnswer);
