/** Answer size limit: a small selection may name a large payload a hundred times. */
import { jsonBytes } from '../../domain/json-bytes.ts';
import { GatewayError } from '../../upstream/errors.ts';

/** How many bytes it has as JSON. Throws ANSWER_TOO_LARGE if they are more than `maximum`. */
export function measureAnswer(result: unknown, maximum: number): number {
  const size = jsonBytes(result, maximum);
  if (size > maximum) throw answerTooLarge(maximum);
  return size;
}

export const answerTooLarge = (maximum: number): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `One operation may answer ${maximum} bytes (MAX_ANSWER_BYTES), and this one has more. ` +
      'Ask for fewer runs or steps at once, or for a part of a payload by its path.',
  );
