/** Errors of requests that are refused before Apollo is asked, in the form in which it would tell them. */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { GatewayError } from '../upstream/errors.ts';
import { formatError } from './errors.ts';

export function refusalOf(error: GatewayError | GraphQLError, requestId: string): GraphQLFormattedError {
  const { message, extensions = {} } = formatError({ message: error.message, extensions: visibleOf(error) }, error);
  return { message, extensions: { ...extensions, requestId } };
}

function visibleOf(error: GatewayError | GraphQLError): Record<string, unknown> {
  if (error instanceof GatewayError) return {};
  return Object.fromEntries(Object.entries(error.extensions).filter(([name]) => name !== 'http'));
}
