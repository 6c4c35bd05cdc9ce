/** Last stage: formatted errors, the size limit of the response, and its HTTP status. */
import { GraphQLError, type FormattedExecutionResult, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import { GatewayError } from '../../../upstream/errors.ts';
import { measureAnswer } from '../../budgets.ts';
import { causeOf, statusOf, type ErrorFormatting } from '../../operations/error-formatting.ts';
import { essentialAnswer } from '../../operations/mutation-answer.ts';
import type { Operation, Valid } from '../../operations/operation.ts';

export interface AnswerOptions {
  readonly schema: GraphQLSchema;
  readonly errors: ErrorFormatting;
  readonly maxAnswerBytes: number;
}

/** Result of the execution, or of an earlier rejection. */
export interface Executed {
  readonly result: FormattedExecutionResult;
  /** Unformatted errors, or null if `result` has none or those of a plugin. */
  readonly errors: readonly unknown[] | null;
  /** Validated operation, or null if it was rejected earlier. */
  readonly valid: Valid | null;
  /** Set by a plugin. */
  readonly status: number | undefined;
}

export interface Answered {
  readonly result: FormattedExecutionResult;
  readonly status: number;
}

export type AnswerStage = (operation: Operation, executed: Executed) => Promise<Answered>;

export function createAnswer({ schema, errors, maxAnswerBytes }: AnswerOptions): AnswerStage {
  /** Replaces a response that is too large or finds no capacity. */
  function replacement(
    { data, errors: found = [] }: FormattedExecutionResult,
    error: unknown,
    { record }: Operation,
    valid: Valid | null,
  ): FormattedExecutionResult {
    if (data === undefined) return { errors: errors.format([error], record) };
    if (record.type !== 'mutation' || !data || !valid || !(error instanceof GatewayError))
      return { errors: errors.format([error], record), data: null };
    const target = { schema, document: valid.document.ast, operationName: record.name };
    const essential = essentialAnswer(data, target, afterEffect(error));
    const leftOut = errors.format(essential.errors, record);
    return { errors: [...found.filter((each) => !isWithin(each, leftOut)), ...leftOut], data: essential.data };
  }

  return async (operation, { result: { data, extensions, errors: given }, errors: all, valid, status }) => {
    const { record, context, ticket } = operation;
    const excess = data === undefined ? null : context.budgets.excess();
    // Thousands of errors need not be formatted only to be replaced.
    const found = excess && all ? all.filter(isOfRootField) : all;
    // If nothing was executed, a plugin has responded, and may have written errors.
    const formatted = found ? errors.format(found, record) : given && errors.complete(given, record);
    if (formatted) context.lifetime.limit(0);
    const result = {
      ...(formatted && { errors: formatted }),
      ...(data !== undefined && { data }),
      ...(extensions && { extensions }),
    };
    try {
      if (excess) throw excess;
      await ticket.answer(measureAnswer(result, maxAnswerBytes));
    } catch (error) {
      context.lifetime.limit(0);
      return {
        result: replacement(result, error, operation, valid),
        status: data === undefined ? statusOf(error) : 200,
      };
    }
    const isRefused = data === undefined && found;
    return { result, status: isRefused ? statusOf(causeOf(found[0])) : (status ?? statusOfData(result)) };
  };
}

/** Says that the mutation was executed, so its client doesn't start another run. */
const afterEffect = ({ code, message }: GatewayError): GatewayError =>
  new GatewayError(code, `${message} The mutation was executed; don't send it again.`, { retryable: false });

const isOfRootField = (error: unknown): boolean => error instanceof GraphQLError && error.path?.length === 1;

/** Whether the error belongs to an omitted part. */
const isWithin = ({ path = [] }: GraphQLFormattedError, leftOut: readonly GraphQLFormattedError[]): boolean =>
  leftOut.some((part) => (part.path ?? []).every((key, at) => key === path[at]));

/** HTTP statuses for requests without any data because no credential was accepted. */
const FAILED_REQUESTS: Readonly<Record<string, number>> = { UNAUTHENTICATED: 401, IDENTITY_UNAVAILABLE: 503 };

function statusOfData({ data, errors = [] }: FormattedExecutionResult): number {
  const [code = '', ...others] = new Set(errors.map(({ extensions }) => String(extensions?.code)));
  const isEmpty = Object.values(data ?? {}).every((value) => value === null);
  return (isEmpty && others.length === 0 ? FAILED_REQUESTS[code] : null) ?? 200;
}
