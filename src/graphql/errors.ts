/** What a client sees of an error: its code and what it can do about it; a defect is masked and logged in full. */
import type { ApolloServerPlugin } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, OperationTypeNode, type GraphQLFormattedError } from 'graphql';
import type { Logger } from '../observability/logger.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { Context } from './context.ts';

const MASKED = 'Something went wrong inside the gateway. The request id leads to its log.';

/** For Apollo's `formatError`. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = unwrapResolverError(error);
  if (cause instanceof GatewayError) {
    const { code, isRetryable, details } = cause;
    return { ...formatted, extensions: { code, retryable: isRetryable, ...details } };
  }
  if (isDefect(cause))
    return { ...formatted, message: MASKED, extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false } };
  return { ...formatted, extensions: { ...formatted.extensions, retryable: false } };
}

/** GraphQL's own errors (a bad query, a bad variable) are for the client; anything else was not meant to happen. */
const isDefect = (cause: unknown): boolean =>
  !(cause instanceof GraphQLError) || (cause.originalError !== undefined && isDefect(cause.originalError));

/** Errors of the operation's text or variables, which GraphQL over HTTP tells apart from errors of the HTTP request. */
const OF_THE_OPERATION: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
]);

/**
 * A client that asks for `application/graphql-response+json` can trust the status, and gets 400 for a bad operation.
 * Where the older `application/json` is all it takes, the specification wants 200, since a proxy may have put a 4xx in
 * between: then only an answer with 2xx is known to be GraphQL's.
 */
const statusIsTrusted = (accept: string | undefined): boolean => accept?.includes('graphql-response+json') ?? false;

/** Puts the request id on every error, logs the defects, and lets no answer live on that is an error or an action. */
export function errorReporting(logger: Logger): ApolloServerPlugin<Context> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ operation, contextValue: { lifetime } }) {
          if (operation?.operation !== OperationTypeNode.QUERY) lifetime.limit(0);
          return Promise.resolve();
        },
        didEncounterErrors({ errors, contextValue: { requestId, lifetime } }) {
          lifetime.limit(0);
          for (const error of errors) {
            const cause = unwrapResolverError(error);
            if (!(cause instanceof GatewayError) && isDefect(cause)) {
              logger.error({ err: cause, requestId, path: error.path }, 'a resolver failed');
            }
          }
          return Promise.resolve();
        },
        willSendResponse({ request, response, contextValue: { requestId } }) {
          const { body, http } = response;
          if (body.kind !== 'single' || !body.singleResult.errors) return Promise.resolve();
          body.singleResult.errors = body.singleResult.errors.map((error) => ({
            ...error,
            extensions: { ...error.extensions, requestId },
          }));
          const isOfTheOperation = body.singleResult.errors.every(({ extensions }) =>
            OF_THE_OPERATION.has(extensions?.code),
          );
          if (isOfTheOperation && !statusIsTrusted(request.http?.headers.get('accept'))) http.status = 200;
          return Promise.resolve();
        },
      }),
  };
}
