/** The last stage: errors in the client's form, the size of the answer, and its HTTP status. */
import type { GraphQLRequestListener } from '@apollo/server';
import type { FormattedExecutionResult } from 'graphql';
import { measureAnswer } from '../../operations/answer-size.ts';
import { errorAnswer, type Answer } from '../../operations/answer.ts';
import { causeOf, statusOf, withEffect, type ErrorFormatting } from '../../operations/error-formatting.ts';
import type { Operation } from '../../operations/operation.ts';
import type { OperationContext, Stage } from '../server.ts';

export interface AnswersOptions {
  readonly errors: ErrorFormatting;
  readonly maxAnswerBytes: number;
}

export function createAnswers({ errors, maxAnswerBytes }: AnswersOptions): Stage {
  /** Counts the answer until its client has taken it. An answer that is too large becomes an error. */
  async function hold(answer: Answer, { request: { client }, record }: Operation): Promise<Answer> {
    try {
      const sizeBytes = measureAnswer(answer.result, maxAnswerBytes);
      // A mutation has taken effect, so its client must learn of it.
      if (record.type === 'mutation') await client.holdWhenFree(sizeBytes);
      else client.hold(sizeBytes);
      return answer;
    } catch (error) {
      if (answer.result.data === undefined) return errorAnswer(errors.format([error], record), statusOf(error));
      return errorAnswer(errors.format([withEffect(error, record)], record), 200, null);
    }
  }

  const listener: GraphQLRequestListener<OperationContext> = {
    async willSendResponse({ contextValue: { operation }, errors: refused, response }) {
      const { record, context } = operation;
      if (operation.isSubscription || response.body.kind !== 'single') return;
      const given = response.body.singleResult;
      const found = refused ?? operation.errors;
      // Without errors of its own it was answered by a plugin, which may have written errors.
      const formatted = found ? errors.format(found, record) : given.errors && errors.complete(given.errors, record);
      if (formatted) context.lifetime.limit(0);
      const { data, extensions } = given;
      const result = {
        ...(formatted && { errors: formatted }),
        ...(data !== undefined && { data }),
        ...(extensions && { extensions }),
      };
      const status =
        data === undefined && found ? statusOf(causeOf(found[0])) : (response.http.status ?? statusOfData(result));
      const { untilMs } = context.lifetime;
      const answer = await hold({ kind: 'answer', result, status, untilMs }, operation);
      operation.answer = answer;
      response.body.singleResult = answer.result;
      response.http.status = answer.status;
      if (answer.status === 401) response.http.headers.set('www-authenticate', 'Bearer');
    },
  };
  return { requestDidStart: () => Promise.resolve(listener) };
}

/** Where no root field has a value for want of an accepted credential, the whole request failed. */
const FAILED_REQUESTS: Readonly<Record<string, number>> = { UNAUTHENTICATED: 401, IDENTITY_UNAVAILABLE: 503 };

function statusOfData({ data, errors = [] }: FormattedExecutionResult): number {
  const [code = '', ...others] = new Set(errors.map(({ extensions }) => String(extensions?.code)));
  const isEmpty = Object.values(data ?? {}).every((value) => value === null);
  return (isEmpty && others.length === 0 ? FAILED_REQUESTS[code] : null) ?? 200;
}
