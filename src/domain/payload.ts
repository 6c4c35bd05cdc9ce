/** Whether two payloads are the same, however they were written. */
import { isDeepStrictEqual } from 'node:util';
import { unwritable } from './json.ts';
import type { JsonValue, PayloadField, PayloadValues } from './facts.ts';

const FIELDS: readonly PayloadField[] = ['inputs', 'outputs', 'metadata'];

export const isSamePayload = (one: PayloadValues, another: PayloadValues): boolean =>
  FIELDS.every((field) => isSameValue(one[field], another[field]));

/** The order of members is compared up to this length. It takes 20 ms; of longer ones another order is another value. */
const MAX_UNORDERED_LENGTH = 2 ** 17;

/** Values that cannot be answered are the same if their errors are. */
function isSameValue(one: JsonValue, another: JsonValue): boolean {
  if (typeof one !== 'object' || typeof another !== 'object' || !one || !another) return one === another;
  const [problem, otherProblem] = [unwritable(one), unwritable(another)];
  if (problem !== null || otherProblem !== null) return problem === otherProblem;
  const [json, otherJson] = [JSON.stringify(one), JSON.stringify(another)];
  if (json === otherJson) return true;
  return json.length === otherJson.length && json.length <= MAX_UNORDERED_LENGTH && isDeepStrictEqual(one, another);
}
