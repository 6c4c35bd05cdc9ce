/** What an error means: which part of the page is missing data, and whether the same query may succeed later. */
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import type { GraphQLFormattedError } from 'graphql';
import { TooLargeAnswer } from '../session/bounded-fetch.ts';
import type { Outage } from './outages.ts';

/** Whether the same query may succeed later: the gateway is unreachable, or reports a retryable error. */
export const isRetryable = (error: Error): boolean =>
  CombinedGraphQLErrors.is(error)
    ? error.errors.some(({ extensions }) => extensions?.retryable === true)
    : !(error instanceof TooLargeAnswer);

const NOT_ANSWERING: readonly unknown[] = ['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'UPSTREAM_OVERLOADED'];

/** The outage behind an error; `null` if only an item of a list or a part of a run is missing, which then has its own notice. */
export function outageOf(error: Error | undefined): Outage['of'] | null {
  if (!error) return null;
  if (!CombinedGraphQLErrors.is(error)) return isRetryable(error) ? 'gateway' : null;
  const isOut = error.errors.some((one) => NOT_ANSWERING.includes(one.extensions?.code) && isOfView(pathOf(one)));
  return isOut ? 'upstream' : null;
}

/** Whether the field stands for the view: the whole response, or statistics of the one workflow that it requests. */
const isOfView = (path: readonly (string | number)[]): boolean =>
  path.length === 1 || (path.length === 2 && path[0] === 'workflow');

/** Errors that match `areWanted`. Errors other than GraphQL's affect the whole response, so they always match. */
export function errorsThat(
  error: Error | undefined,
  areWanted: (error: GraphQLFormattedError) => boolean,
): Error | undefined {
  if (!CombinedGraphQLErrors.is(error)) return error;
  const errors = error.errors.filter(areWanted);
  return errors.length === 0 ? undefined : new CombinedGraphQLErrors({ errors });
}

/** Path of the error's field in the response. */
export const pathOf = ({ path }: GraphQLFormattedError): readonly (string | number)[] => path ?? [];

export function messageOf(error: Error): string {
  if (!CombinedGraphQLErrors.is(error)) return `The gateway can't be reached (${error.message}).`;
  const [first] = error.errors;
  const code = codeOf(error);
  return `${code === undefined ? '' : `${code}: `}${first?.message ?? error.message}`;
}

export const isForbidden = (error: Error | undefined): boolean => error !== undefined && codeOf(error) === 'FORBIDDEN';

export const isNotFound = (error: Error): boolean => codeOf(error) === 'NOT_FOUND';

export function codeOf(error: Error): string | undefined {
  const code = CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions?.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
