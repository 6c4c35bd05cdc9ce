/** Answer size limit: a small selection may repeat a large payload a hundred times. */
import { jsonBytes } from '../../domain/json-bytes.ts';
import { GatewayError } from '../../upstream/errors.ts';

/** Returns the size as JSON in bytes. Throws ANSWER_TOO_LARGE above `maximum`. */
export function measureAnswer(result: unknown, maximum: number): number {
  const size = jsonBytes(result, maximum);
  if (size > maximum) throw answerTooLarge(maximum);
  return size;
}

export const answerTooLarge = (maximum: number): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `Limit of ${maximum} bytes in one answer reached (MAX_ANSWER_BYTES). ` +
      'Select fewer runs or steps, or a part of a payload by its path.',
  );
