/** Content of the inputs field, and its validation. */
import { parseExactJson } from '../json/exact-json.ts';
import { formatCount } from '../format/numbers.ts';

/** Limit of the inputs: a request also contains the operation. */
const MAX_BYTES = 2 ** 20 - 4096;

export const textOf = (inputs: unknown): string => JSON.stringify(inputs, null, 2);

/** Stands for what the key may not read. The gateway starts no run with it. */
const REDACTED = '[redacted]';

/** `null` if the string can be sent. An empty string means no inputs. `isRedacted`: of the run that the inputs come from. */
export function problemOf(text: string, isRedacted: boolean): string | null {
  if (text.trim() === '') return null;
  if (isRedacted && text.includes(REDACTED))
    return `Your key may not read what is marked ${REDACTED}: write it yourself.`;
  try {
    const lost: string[] = [];
    const value = parseExactJson(text, (digits) => lost.push(digits));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'Inputs are a JSON object.';
    if (lost.length > 0) return `A number would be lost or rounded: put ${lost[0]} in quotes.`;
    // Size as sent, without whitespace.
    const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
    return bytes <= MAX_BYTES
      ? null
      : `These inputs are too large: ${formatCount(bytes)} bytes of JSON. At most ${formatCount(MAX_BYTES)} can be sent.`;
  } catch (error) {
    return `This is not JSON yet: ${error instanceof Error ? error.message : String(error)}`;
  }
}
