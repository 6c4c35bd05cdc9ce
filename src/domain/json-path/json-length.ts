import { isJsonObject } from '../json.ts';
import type { JsonValue } from '../types.ts';
import { costOfFields, type Spend } from './budget.ts';

/**
 * The length of `JSON.stringify(value)`, escapes aside, given up as soon as it passes `limit`: then some number above it.
 * The early end matters where one part is shared by many, so that a small value would print as an endless text.
 */
export function jsonLength(value: JsonValue, limit: number, spend: Spend): number {
  const rest: JsonValue[] = [value];
  let length = 0;
  for (let next = rest.pop(); next !== undefined && length <= limit; next = rest.pop()) {
    if (typeof next === 'string') length += next.length + 2;
    else if (typeof next !== 'object' || next === null) length += String(next).length;
    else {
      const keys = isJsonObject(next) ? Object.keys(next) : [];
      const children: readonly JsonValue[] = isJsonObject(next) ? Object.values(next) : next;
      spend(1 + children.length + costOfFields(keys.length));
      length += 2 + Math.max(0, children.length - 1);
      for (const key of keys) length += key.length + 3;
      for (const child of children) rest.push(child);
    }
  }
  return length;
}
