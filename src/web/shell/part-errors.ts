/** Selects the errors of an answer by page part, so that each part shows its own errors. */
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import type { GraphQLFormattedError } from 'graphql';

/** Errors that match `areWanted`. Other errors than GraphQL's concern the whole answer, so they always match. */
export function errorsThat(
  error: Error | undefined,
  areWanted: (error: GraphQLFormattedError) => boolean,
): Error | undefined {
  if (!CombinedGraphQLErrors.is(error)) return error;
  const errors = error.errors.filter(areWanted);
  return errors.length === 0 ? undefined : new CombinedGraphQLErrors({ errors });
}

/** Path of the error's field in the answer. */
export const pathOf = ({ path }: GraphQLFormattedError): readonly (string | number)[] => path ?? [];
