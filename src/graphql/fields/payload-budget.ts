/** How much of payloads one operation may read and answer. */
import { GatewayError } from '../../upstream/errors.ts';
import { answerTooLarge } from '../operations/answer-size.ts';

export interface PayloadBudget {
  /** Counts an upstream answer before it is parsed for its payloads. Throws ANSWER_TOO_LARGE where that is more than may be read. */
  read(bytes: number): void;
  /** Counts a value before it is kept for the answer, which is refused as a whole where that is too large. */
  answer(bytes: number): void;
  /** In place of the answer; null where it may be given. */
  excess(): GatewayError | null;
}

const MAX_READ_MIB = 64;

export function createPayloadBudget(maxAnswerBytes: number): PayloadBudget {
  let [readBytes, answeredBytes] = [0, 0];
  // One error for all fields: an error with its stack is costly.
  let tooMuchRead: GatewayError | undefined;
  let excess: GatewayError | null = null;
  return {
    read(bytes) {
      if (excess) throw excess;
      if (readBytes + bytes > MAX_READ_MIB * 2 ** 20) throw (tooMuchRead ??= readLimit());
      readBytes += bytes;
    },
    answer(bytes) {
      answeredBytes += bytes;
      if (answeredBytes > maxAnswerBytes) throw (excess ??= answerTooLarge(maxAnswerBytes));
    },
    excess: () => excess,
  };
}

const readLimit = (): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `One operation may read payloads in ${MAX_READ_MIB} MiB of upstream answers, and this one reads more. ` +
      'Ask for the payloads of fewer runs at once.',
  );
