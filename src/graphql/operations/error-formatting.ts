/** Error formatting for clients. Unexpected errors are masked and logged in full. */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { recordErrorCode, type OperationRecord } from '../../observability/operation-record.ts';
import { INTERNAL } from '../../observability/outcome.ts';
import type { Logger } from '../../observability/logger.ts';
import { AbandonedError, GatewayError } from '../../upstream/errors.ts';

export type ErrorFormatting = ReturnType<typeof createErrorFormatting>;

/** Characters. graphql-js prints whole values of the client in its messages. */
const MAX_MESSAGE_LENGTH = 1000;
const MASKED_MESSAGE = 'Something went wrong inside the gateway. The request id leads to its log.';

export function createErrorFormatting(logger: Logger) {
  function formatOne(error: unknown, record: OperationRecord): GraphQLFormattedError {
    const { requestId } = record;
    const cause = causeOf(error);
    const place = error instanceof GraphQLError ? placeOf(error) : {};
    if (cause instanceof GatewayError) {
      const { message, code, isRetryable: retryable, details } = cause;
      return { message: shortened(message), ...place, extensions: { code, retryable, ...details, requestId } };
    }
    const extensions = error instanceof GraphQLError ? clientExtensions(error, cause) : null;
    if (error instanceof GraphQLError && extensions) {
      return {
        message: shortened(error.message),
        ...place,
        extensions: { ...extensions, retryable: false, requestId },
      };
    }
    if (cause instanceof AbandonedError) record.isAbandoned = true;
    else logger.error({ err: cause, requestId, path: place.path }, 'an operation failed');
    return { message: MASKED_MESSAGE, ...place, extensions: { code: INTERNAL, retryable: false, requestId } };
  }

  /** Of these errors, only those of plugins can be defects. */
  function completeOne({ extensions, ...error }: GraphQLFormattedError, { requestId }: OperationRecord) {
    const isDefect = extensions?.code === INTERNAL;
    if (isDefect) logger.error({ reason: error.message, requestId }, 'a plugin failed');
    const message = isDefect ? MASKED_MESSAGE : shortened(error.message);
    return { ...error, message, extensions: { ...extensions, retryable: false, requestId } };
  }

  function recorded(errors: readonly GraphQLFormattedError[], record: OperationRecord) {
    // A disconnected client receives none of them.
    if (!record.isAbandoned) for (const { extensions } of errors) recordErrorCode(record, String(extensions?.code));
    return errors;
  }

  return {
    /** Formats the errors of an execution, or those that prevented it. Logs defects, and records each code. */
    format(errors: readonly unknown[], record: OperationRecord) {
      const formatted = errors.map((error) => formatOne(error, record));
      return recorded(formatted, record);
    },
    /** Completes errors that Apollo Server has formatted: of parsing, validation and plugins. */
    complete(errors: readonly GraphQLFormattedError[], record: OperationRecord) {
      const completed = errors.map((error) => completeOne(error, record));
      return recorded(completed, record);
    },
  };
}

/** Cuts long values first, since their problem is described after them. */
function shortened(message: string): string {
  if (message.length <= MAX_MESSAGE_LENGTH) return message;
  const short = message.replace(LONG_VALUE, (value) => `${value.slice(0, 100)}…`);
  return (short.length <= MAX_MESSAGE_LENGTH ? short : `${short.slice(0, MAX_MESSAGE_LENGTH)}…`).toWellFormed();
}

const LONG_VALUE = /[^\s;]{200,}/g;

/** Returns the error that a resolver threw, or the error itself if GraphQL created it. */
export function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? causeOf(error.originalError) : error;
}

const placeOf = ({ locations, path }: GraphQLError) => ({ ...(locations && { locations }), ...(path && { path }) });

/**
 * Null for a defect. A GraphQL error is the client's if it has no path (a variable) or names a node of the document (an
 * argument). Otherwise, a resolver returned a value of the wrong type.
 */
function clientExtensions(error: GraphQLError, cause: unknown): Readonly<Record<string, unknown>> | null {
  if (!(cause instanceof GraphQLError)) return null;
  if (error.extensions.code !== undefined) {
    return Object.fromEntries(Object.entries(error.extensions).filter(([name]) => name !== 'http'));
  }
  return error.path === undefined || cause.nodes ? { code: 'BAD_USER_INPUT' } : null;
}

/** Error of a request that is not executed. `status` is its HTTP status. */
export const requestError = (code: string, message: string, status = 400): GraphQLError =>
  new GraphQLError(message, { extensions: { code, http: { status } } });

/** HTTP status of an answer without execution. */
export function statusOf(error: unknown): number {
  if (error instanceof GatewayError) return error.code === 'RATE_LIMITED' ? 429 : 400;
  if (!(error instanceof GraphQLError)) return 500;
  const { status = 400 } = (error.extensions.http ?? {}) as { readonly status?: number };
  return status;
}

/** Adds that a mutation was executed although its answer is rejected, so that its client does not start another run. */
export const withEffect = (error: unknown, { type }: OperationRecord): unknown =>
  type === 'mutation' && error instanceof GatewayError
    ? new GatewayError(
        error.code,
        `${error.message} The mutation was executed anyway: do not send it again.`,
        error.details,
      )
    : error;
