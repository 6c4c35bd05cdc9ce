/** Measures an answer, and counts it as held until its client has taken it. */
import type { OperationRecord } from '../../observability/operation-record.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { measureAnswer } from './answer-size.ts';
import { errorAnswer, statusOf, type ErrorFormatting } from './error-formatting.ts';
import type { Answer, Client } from './operation.ts';

/** Answers an error in its place where it is too large, or too much is held. */
export type HoldAnswer = (
  answer: Omit<Answer, 'sizeBytes'>,
  client: Pick<Client, 'hold' | 'holdWhenFree'>,
  record: OperationRecord,
) => Promise<Answer>;

export function createHoldAnswer(errors: ErrorFormatting, maxAnswerBytes: number): HoldAnswer {
  return async (answer, client, record) => {
    try {
      const sizeBytes = measureAnswer(answer.result, maxAnswerBytes);
      // A mutation has taken effect, so its client must learn of it.
      if (record.type === 'mutation') await client.holdWhenFree(sizeBytes);
      else client.hold(sizeBytes);
      return { ...answer, sizeBytes };
    } catch (error) {
      if (answer.result.data === undefined) return errorAnswer(errors.format([error], record), statusOf(error));
      return errorAnswer(errors.format([withEffect(error, record)], record), 200, null);
    }
  };
}

/** The answer of a mutation is refused, not what it did: its client must not start a run again. */
export const withEffect = (error: unknown, { type }: OperationRecord): unknown =>
  type === 'mutation' && error instanceof GatewayError
    ? new GatewayError(
        error.code,
        `${error.message} The mutation was executed all the same: what it starts has started.`,
        error.details,
      )
    : error;
