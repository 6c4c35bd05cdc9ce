/** Last stage: formatted errors, the size limit of the answer, and its HTTP status. */
import type { GraphQLRequestListener } from '@apollo/server';
import { GraphQLError, type FormattedExecutionResult, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import { GatewayError } from '../../../upstream/errors.ts';
import { measureAnswer } from '../../budgets.ts';
import { causeOf, statusOf, type ErrorFormatting } from '../../operations/error-formatting.ts';
import { essentialAnswer } from '../../operations/mutation-answer.ts';
import type { Operation } from '../../operations/operation.ts';
import type { OperationContext, Stage } from '../server.ts';

export interface AnswersOptions {
  readonly schema: GraphQLSchema;
  readonly errors: ErrorFormatting;
  readonly maxAnswerBytes: number;
}

export function createAnswers({ schema, errors, maxAnswerBytes }: AnswersOptions): Stage {
  /** In place of an answer that is too large, or finds no room. */
  function replacement(
    { data, errors: found = [] }: FormattedExecutionResult,
    error: unknown,
    { document, record }: Operation,
  ): FormattedExecutionResult {
    if (data === undefined) return { errors: errors.format([error], record) };
    if (record.type !== 'mutation' || !data || !document || !(error instanceof GatewayError))
      return { errors: errors.format([error], record), data: null };
    const target = { schema, document: document.ast, operationName: record.name };
    const essential = essentialAnswer(data, target, afterEffect(error));
    const leftOut = errors.format(essential.errors, record);
    return { errors: [...found.filter((each) => !isWithin(each, leftOut)), ...leftOut], data: essential.data };
  }

  const listener: GraphQLRequestListener<OperationContext> = {
    async willSendResponse({ contextValue: { operation }, errors: refused, response }) {
      const { record, context, isSubscription } = operation;
      const { body, http } = response;
      if (isSubscription || body.kind !== 'single') return;
      const { data, extensions, errors: given } = body.singleResult;
      const excess = data === undefined ? null : context.budgets.excess();
      const all = refused ?? operation.errors;
      // Thousands of errors are not formatted only to be replaced.
      const found = excess && all ? all.filter(isOfRootField) : all;
      // Without errors of its own, the operation was answered by a plugin, which may have written errors.
      const formatted = found ? errors.format(found, record) : given && errors.complete(given, record);
      if (formatted) context.lifetime.limit(0);
      const result = {
        ...(formatted && { errors: formatted }),
        ...(data !== undefined && { data }),
        ...(extensions && { extensions }),
      };
      body.singleResult = result;
      http.status = data === undefined && found ? statusOf(causeOf(found[0])) : (http.status ?? statusOfData(result));
      try {
        if (excess) throw excess;
        await operation.ticket.answer(measureAnswer(result, maxAnswerBytes));
      } catch (error) {
        context.lifetime.limit(0);
        body.singleResult = replacement(result, error, operation);
        http.status = data === undefined ? statusOf(error) : 200;
      }
    },
  };
  return { requestDidStart: () => Promise.resolve(listener) };
}

/** Says that the mutation was executed, so that its client doesn't start another run. */
const afterEffect = ({ code, message }: GatewayError): GatewayError =>
  new GatewayError(code, `${message} The mutation was executed anyway: do not send it again.`, { retryable: false });

const isOfRootField = (error: unknown): boolean => error instanceof GraphQLError && error.path?.length === 1;

/** Whether the error belongs to a part that is left out. */
const isWithin = ({ path = [] }: GraphQLFormattedError, leftOut: readonly GraphQLFormattedError[]): boolean =>
  leftOut.some((part) => (part.path ?? []).every((key, at) => key === path[at]));

/** HTTP statuses of a request in which no root field has a value because no credential was accepted. */
const FAILED_REQUESTS: Readonly<Record<string, number>> = { UNAUTHENTICATED: 401, IDENTITY_UNAVAILABLE: 503 };

function statusOfData({ data, errors = [] }: FormattedExecutionResult): number {
  const [code = '', ...others] = new Set(errors.map(({ extensions }) => String(extensions?.code)));
  const isEmpty = Object.values(data ?? {}).every((value) => value === null);
  return (isEmpty && others.length === 0 ? FAILED_REQUESTS[code] : null) ?? 200;
}
