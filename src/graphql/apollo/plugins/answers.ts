/** Last stage: formatted errors, the size limit of the answer, and its HTTP status. */
import type { GraphQLRequestListener } from '@apollo/server';
import type { FormattedExecutionResult } from 'graphql';
import { measureAnswer } from '../../budgets.ts';
import { causeOf, statusOf, withEffect, type ErrorFormatting } from '../../operations/error-formatting.ts';
import type { OperationContext, Stage } from '../server.ts';

export interface AnswersOptions {
  readonly errors: ErrorFormatting;
  readonly maxAnswerBytes: number;
}

export function createAnswers({ errors, maxAnswerBytes }: AnswersOptions): Stage {
  const listener: GraphQLRequestListener<OperationContext> = {
    async willSendResponse({ contextValue: { operation }, errors: refused, response }) {
      const { record, context, isSubscription } = operation;
      const { body, http } = response;
      if (isSubscription || body.kind !== 'single') return;
      const { data, extensions, errors: given } = body.singleResult;
      const found = refused ?? operation.errors;
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
        await operation.ticket.answer(measureAnswer(result, maxAnswerBytes));
      } catch (error) {
        context.lifetime.limit(0);
        const wasExecuted = data !== undefined;
        const problem = errors.format([wasExecuted ? withEffect(error, record) : error], record);
        body.singleResult = { errors: problem, ...(wasExecuted && { data: null }) };
        http.status = wasExecuted ? 200 : statusOf(error);
      }
    },
  };
  return { requestDidStart: () => Promise.resolve(listener) };
}

/** HTTP statuses of a request in which no root field has a value because no credential was accepted. */
const FAILED_REQUESTS: Readonly<Record<string, number>> = { UNAUTHENTICATED: 401, IDENTITY_UNAVAILABLE: 503 };

function statusOfData({ data, errors = [] }: FormattedExecutionResult): number {
  const [code = '', ...others] = new Set(errors.map(({ extensions }) => String(extensions?.code)));
  const isEmpty = Object.values(data ?? {}).every((value) => value === null);
  return (isEmpty && others.length === 0 ? FAILED_REQUESTS[code] : null) ?? 200;
}
