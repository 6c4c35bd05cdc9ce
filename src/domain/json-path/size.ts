/** Measures how much work a JSON value is. Both walks avoid recursion and stop early. */
import { isJsonArray } from '../json.ts';
import type { JsonValue } from '../types.ts';

/** Listing an object with many fields is slow: up to half a microsecond per field. */
const MANY_FIELDS = 200;
const STEPS_A_FIELD = 16;
/** Comparing about 256 characters takes as long as one step. */
const CHARACTERS_PER_STEP = 256;

/** Number of values. Long texts and large objects count more. Above `limit` if the walk stopped early. */
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

/** Characters of JSON without escapes, and number of visited values. `length` exceeds `limit` if the walk stopped. */
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
