/** How much of payloads one operation may answer. */
import type { GatewayError } from '../../upstream/errors.ts';
import { answerTooLarge } from '../operations/answer-size.ts';

export interface PayloadBudget {
  /** Counts a value before it is kept for the answer, which is refused as a whole where that is too large. */
  answer(bytes: number): void;
  /** In place of the answer; null where it may be given. */
  excess(): GatewayError | null;
}

export function createPayloadBudget(maxAnswerBytes: number): PayloadBudget {
  let answeredBytes = 0;
  // One error for all fields: an error with its stack is costly.
  let excess: GatewayError | null = null;
  return {
    answer(bytes) {
      answeredBytes += bytes;
      if (answeredBytes > maxAnswerBytes) throw (excess ??= answerTooLarge(maxAnswerBytes));
    },
    excess: () => excess,
  };
}
