/** Answer size limit: a small selection may name a large payload a hundred times. */
import { GatewayError } from '../../upstream/errors.ts';

/** About how many bytes it has as JSON. Throws ANSWER_TOO_LARGE if they are more than `maximum`. */
export function measureAnswer(result: unknown, maximum: number): number {
  const rest: unknown[] = [result];
  let length = 0;
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (typeof value === 'string') length += Buffer.byteLength(value) + 2;
    else if (typeof value !== 'object' || value === null) length += 5;
    else if (Array.isArray(value)) {
      length += 2 + value.length;
      for (const item of value) rest.push(item ?? null);
    } else {
      for (const key in value) {
        length += key.length + 4;
        rest.push((value as Readonly<Record<string, unknown>>)[key] ?? null);
      }
    }
    if (length > maximum) throw tooLarge(maximum);
  }
  return length;
}

const tooLarge = (maximum: number): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `One operation may answer ${maximum} bytes (MAX_ANSWER_BYTES), and this one has more. ` +
      'Ask for fewer runs or steps at once, or for a part of a payload by its path.',
  );
