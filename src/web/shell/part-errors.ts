/** Errors of an answer by what they belong to: each is shown where its part of the page would be. */
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import type { GraphQLFormattedError } from 'graphql';

/** Those of an answer's errors that are wanted. An error that is not GraphQL's is of the whole. */
export function errorsThat(
  error: Error | undefined,
  areWanted: (error: GraphQLFormattedError) => boolean,
): Error | undefined {
  if (!CombinedGraphQLErrors.is(error)) return error;
  const errors = error.errors.filter(areWanted);
  return errors.length === 0 ? undefined : new CombinedGraphQLErrors({ errors });
}

/** The names and places by which the answer leads to the error's field. */
export const pathOf = ({ path }: GraphQLFormattedError): readonly (string | number)[] => path ?? [];
