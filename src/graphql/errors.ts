/** What a client sees of an error: its code and what it can do about it; a defect is masked and logged in full. */
import type { ApolloServerPlugin } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, OperationTypeNode, type GraphQLFormattedError } from 'graphql';
import type { Logger } from '../observability/logger.ts';
import { AbandonedError, GatewayError } from '../upstream/errors.ts';
import { recordErrorCode } from '../observability/operation-record.ts';
import type { Context } from './context.ts';

export const MASKED_ERROR = {
  message: 'Something went wrong inside the gateway. The request id leads to its log.',
  extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false },
};

/** For Apollo's `formatError`. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = unwrapResolverError(error);
  if (cause instanceof GatewayError) {
    const { code, isRetryable, details } = cause;
    return { ...formatted, extensions: { code, retryable: isRetryable, ...details } };
  }
  if (isDefect(cause)) return { ...formatted, ...MASKED_ERROR };
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
export const statusIsTrusted = (accept: string | undefined): boolean =>
  accept?.includes('graphql-response+json') ?? false;

/** Makes of an execution's errors what the client sees, logs the defects, and lets no answer live on that has any. */
export type ErrorReporter = (errors: readonly GraphQLError[], context: Context) => readonly GraphQLFormattedError[];

export function createErrorReporter(logger: Logger): ErrorReporter {
  return (errors, context) => {
    noteErrors(errors, context, logger);
    return noted(
      errors.map((error) => withRequestId(formatError(error.toJSON(), error), context)),
      context,
    );
  };
}

function noteErrors(errors: readonly GraphQLError[], { requestId, lifetime, request }: Context, logger: Logger): void {
  lifetime.limit(0);
  for (const error of errors) {
    const cause = unwrapResolverError(error);
    if (cause instanceof AbandonedError && request.operationRecord) request.operationRecord.isAbandoned = true;
    // A client that goes away before its answer is no defect.
    const isExpected = cause instanceof GatewayError || cause instanceof AbandonedError;
    if (!isExpected && isDefect(cause)) {
      logger.error({ err: cause, requestId, path: error.path }, 'a resolver failed');
    }
  }
}

/** Notes the codes that the client gets, if it is still there. */
function noted(errors: readonly GraphQLFormattedError[], { request: { operationRecord } }: Context) {
  if (operationRecord && !operationRecord.isAbandoned)
    for (const { extensions } of errors) recordErrorCode(operationRecord, String(extensions?.code));
  return errors;
}

const withRequestId = (error: GraphQLFormattedError, { requestId }: Context): GraphQLFormattedError => ({
  ...error,
  extensions: { ...error.extensions, requestId },
});

/** The same for what goes through Apollo; and the answer to an action is not to be given again either. */
export function errorReporting(logger: Logger): ApolloServerPlugin<Context> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ operation, contextValue: { lifetime } }) {
          if (operation?.operation !== OperationTypeNode.QUERY) lifetime.limit(0);
          return Promise.resolve();
        },
        didEncounterErrors({ errors, contextValue }) {
          noteErrors(errors, contextValue, logger);
          return Promise.resolve();
        },
        willSendResponse({ request, response, contextValue, queryHash }) {
          const { operationRecord } = contextValue.request;
          // Of a text that is not valid, too.
          if (operationRecord) operationRecord.queryHash = queryHash;
          const { body, http } = response;
          if (body.kind !== 'single' || !body.singleResult.errors) return Promise.resolve();
          const errors = body.singleResult.errors.map((error) => withRequestId(error, contextValue));
          body.singleResult.errors = errors;
          noted(errors, contextValue);
          const isOfTheOperation = errors.every(({ extensions }) => OF_THE_OPERATION.has(extensions?.code));
          if (isOfTheOperation && !statusIsTrusted(request.http?.headers.get('accept'))) http.status = 200;
          return Promise.resolve();
        },
      }),
  };
}
