/** Limits the payload bytes of one answer. */
import type { GatewayError } from '../../upstream/errors.ts';
import { answerTooLarge } from '../operations/answer-size.ts';

export interface PayloadBudget {
  /** Counts a value before it becomes part of the answer. Throws if the answer is too large. */
  answer(bytes: number): void;
  /** Error that replaces the answer. Null if the answer may be sent. */
  excess(): GatewayError | null;
}

export function createPayloadBudget(maxAnswerBytes: number): PayloadBudget {
  let answeredBytes = 0;
  // One error for all fields, since an error with its stack is costly.
  let excess: GatewayError | null = null;
  return {
    answer(bytes) {
      answeredBytes += bytes;
      if (answeredBytes > maxAnswerBytes) throw (excess ??= answerTooLarge(maxAnswerBytes));
    },
    excess: () => excess,
  };
}
