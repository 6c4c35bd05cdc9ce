/** Formats errors for clients. Unexpected errors are masked, and logged in full. */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { OperationRecord } from '../../observability/operation-record.ts';
import { INTERNAL, type ErrorCode } from '../../observability/outcome.ts';
import type { Logger } from '../../observability/logger.ts';
import { AbandonedError, GatewayError } from '../../upstream/errors.ts';

/** Error of an event that several operations may read. Each adds its own `requestId`. */
export interface SharedError {
  readonly formatted: GraphQLFormattedError;
  /** The error that `formatted` hides from clients. */
  readonly masked?: { readonly cause: unknown };
}

export type ErrorFormatting = ReturnType<typeof createErrorFormatting>;

/** Maximum number of characters. graphql-js prints whole values of the client in its messages. */
const MAX_MESSAGE_LENGTH = 1000;
export const MASKED_MESSAGE = 'Internal error. Search the log for the request id.';

export function createErrorFormatting(logger: Logger) {
  function readOne({ formatted, masked }: SharedError, record: OperationRecord): GraphQLFormattedError {
    const { requestId } = record;
    if (masked?.cause instanceof AbandonedError) record.isAbandoned = true;
    else if (masked) logger.error({ err: masked.cause, requestId, path: formatted.path }, 'an operation failed');
    return { ...formatted, extensions: { ...formatted.extensions, requestId } };
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
    if (!record.isAbandoned) for (const { extensions } of errors) record.addError(String(extensions?.code));
    return errors;
  }

  /** Returns the errors for the operation of this record. Logs defects, and records each code. */
  const read = (errors: readonly SharedError[], record: OperationRecord) =>
    recorded(
      errors.map((error) => readOne(error, record)),
      record,
    );

  return {
    read,
    /** Formats the errors of an execution, or those that prevented it, for the one operation that reads them. */
    format: (errors: readonly unknown[], record: OperationRecord) => read(errors.map(sharedError), record),
    /** Completes errors that Apollo Server has formatted, from parsing, validation and plugins. */
    complete(errors: readonly GraphQLFormattedError[], record: OperationRecord) {
      const completed = errors.map((error) => completeOne(error, record));
      return recorded(completed, record);
    },
  };
}

/** Formats an error for any number of operations. */
export function sharedError(error: unknown): SharedError {
  const cause = causeOf(error);
  const place = error instanceof GraphQLError ? placeOf(error) : {};
  if (cause instanceof GatewayError) {
    const { message, code, isRetryable: retryable, details } = cause;
    return { formatted: { message: shortened(message), ...place, extensions: { code, retryable, ...details } } };
  }
  const extensions = error instanceof GraphQLError ? clientExtensions(error, cause) : null;
  if (error instanceof GraphQLError && extensions) {
    const message = shortened(error.message);
    return { formatted: { message, ...place, extensions: { ...extensions, retryable: false } } };
  }
  const formatted = { message: MASKED_MESSAGE, ...place, extensions: { code: INTERNAL, retryable: false } };
  return { formatted, masked: { cause } };
}

/** Cuts long values first, because the problem is described after them. */
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
 * Returns null for a defect. A GraphQL error is the client's if it has no path (a variable) or names a node of the
 * document (an argument). Otherwise, a resolver returned a value of the wrong type.
 */
function clientExtensions(error: GraphQLError, cause: unknown): Readonly<Record<string, unknown>> | null {
  if (!(cause instanceof GraphQLError)) return null;
  if (error.extensions.code !== undefined) {
    return Object.fromEntries(Object.entries(error.extensions).filter(([name]) => name !== 'http'));
  }
  return error.path === undefined || cause.nodes ? { code: 'BAD_USER_INPUT' } : null;
}

/** Error of a request that isn't executed. `status` is its HTTP status. */
export const requestError = (code: string, message: string, status = 400): GraphQLError =>
  new GraphQLError(message, { extensions: { code, http: { status } } });

const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  UNAUTHENTICATED: 401,
  RATE_LIMITED: 429,
  IDENTITY_UNAVAILABLE: 503,
};

/** HTTP status of a response without data. */
export function statusOf(error: unknown): number {
  if (error instanceof GatewayError) return STATUSES[error.code] ?? 400;
  if (!(error instanceof GraphQLError)) return 500;
  const { status = 400 } = (error.extensions.http ?? {}) as { readonly status?: number };
  return status;
}
