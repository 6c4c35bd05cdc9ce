/** The values of payloads, as far as they can be read, and whether two payloads are the same: each fetch has texts of its own. */
import { isDeepStrictEqual } from 'node:util';
import type { JsonValue, Payload, PayloadField, PayloadText } from './facts.ts';

/** Of parsing a field: a twentieth of a second, for four million numbers or half a million objects. */
export const MAX_COST = 2 ** 22;

/** Why the value can't be read; null if it can. */
export const problemOf = ({ problem, cost }: PayloadText): string | null =>
  problem ?? (cost > MAX_COST ? 'too many values to be read; it is answered as a whole alone' : null);

/** Null for none, and for one that can't be read. */
export const valueOf = (text: PayloadText | null): JsonValue => (text && problemOf(text) === null ? text.read() : null);

const FIELDS: readonly PayloadField[] = ['inputs', 'outputs', 'metadata'];

export const isSamePayload = (one: Payload, another: Payload): boolean =>
  FIELDS.every((field) => isSameText(one[field], another[field]));

/** To compare longer ones by value may take longer than 20 ms. Of those, what is written differently is not the same. */
const MAX_COMPARED_BYTES = 2 ** 17;

/** By value, however it was written. */
function isSameText(one: PayloadText | null, another: PayloadText | null): boolean {
  if (!one || !another) return one === another;
  if (Buffer.compare(one.bytes, another.bytes) === 0) return true;
  const isCompared = [one, another].every(
    ({ problem, sizeBytes }) => problem === null && sizeBytes <= MAX_COMPARED_BYTES,
  );
  return isCompared && isDeepStrictEqual(one.read(), another.read());
}
