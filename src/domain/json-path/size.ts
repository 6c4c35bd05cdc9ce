/** How much work a JSON value is. Both walks go without recursion and stop early. */
import { isJsonArray } from '../json.ts';
import type { JsonValue } from '../types.ts';

/** An object with more fields is slow to list: up to half a microsecond a field. */
const MANY_FIELDS = 200;
const STEPS_A_FIELD = 16;
/** Two texts are compared at some 256 characters in the time of a step. */
const CHARACTERS_PER_STEP = 256;

/** The number of values, long texts and large objects counted for more; some number above `limit` if it is more than that. */
export function sizeOf(value: JsonValue, limit: number): number {
  const rest: JsonValue[] = [value];
  let size = 1;
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next === 'string') size += next.length / CHARACTERS_PER_STEP;
    if (typeof next === 'object' && next !== null) {
      const children = isJsonArray(next) ? next : Object.values(next);
      size += isJsonArray(next) || children.length <= MANY_FIELDS ? children.length : children.length * STEPS_A_FIELD;
      if (size <= limit) for (const child of children) rest.push(child);
    }
    if (size > limit) break;
  }
  return Math.ceil(size);
}

/** Characters of JSON text, escapes aside, and the values that were walked; above `limit` if it is longer than that. */
export function jsonLength(value: JsonValue, limit: number): { readonly length: number; readonly values: number } {
  const rest: JsonValue[] = [value];
  let [length, values] = [0, 0];
  for (let next = rest.pop(); next !== undefined && length <= limit; next = rest.pop()) {
    values += 1;
    if (typeof next === 'string') length += next.length + 2;
    else if (typeof next !== 'object' || next === null) length += String(next).length;
    else {
      const children = isJsonArray(next) ? next : Object.values(next);
      length += 2 + Math.max(0, children.length - 1);
      if (!isJsonArray(next)) for (const key of Object.keys(next)) length += key.length + 3;
      if (length <= limit) for (const child of children) rest.push(child);
    }
  }
  return { length, values };
}
