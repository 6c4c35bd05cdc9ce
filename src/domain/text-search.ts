/** Case-insensitive text search. */
import type { InputPath } from './inputs/input-path.ts';
import { isJsonArray, isJsonObject } from './json.ts';
import type { JsonValue } from './types.ts';

/** Maximum number of characters to compare, from the beginning of the string. */
export const MAX_COMPARED = 2 ** 14;

/** Knuth-Morris-Pratt, because `includes` may take 150 ms on repetitive strings. `part` is lower-case and not empty. */
export function containsText(text: string, part: string): boolean {
  const compared = text.slice(0, MAX_COMPARED).toLowerCase();
  if (compared.length < part.length) return false;
  const fallbacks = [0];
  /** Length of the prefix of `part` that matches up to `character`, after `matched` matching characters. */
  const next = (matched: number, character: string | undefined): number => {
    let length = matched;
    while (length > 0 && part[length] !== character) length = fallbacks[length - 1] ?? 0;
    return part[length] === character ? length + 1 : length;
  };
  for (let at = 1; at < part.length; at += 1) fallbacks.push(next(fallbacks[at - 1] ?? 0, part[at]));
  let matched = 0;
  for (let at = 0; at < compared.length && matched < part.length; at += 1) matched = next(matched, compared[at]);
  return matched === part.length;
}

/** A value inside a JSON value. */
interface Place {
  readonly value: JsonValue;
  readonly key: string | number;
  /** Parent, or null for the whole value. */
  readonly parent: Place | null;
}

/**
 * Path of the first string or number that contains `part`, empty for the whole value, or null. Only `MAX_COMPARED`
 * characters and values are compared.
 */
export function pathOfText(value: JsonValue, part: string): InputPath | null {
  const waiting: Place[] = [{ value, key: '', parent: null }];
  let left = MAX_COMPARED;
  for (let place = waiting.pop(); place && left > 0; place = waiting.pop()) {
    const { value: next } = place;
    if (typeof next === 'string' || typeof next === 'number') {
      const text = String(next).slice(0, left);
      if (containsText(text, part)) return pathTo(place);
      left -= text.length;
    } else if (isJsonArray(next)) {
      for (let at = Math.min(next.length, left) - 1; at >= 0; at -= 1)
        waiting.push({ value: next[at] ?? null, key: at, parent: place });
    } else if (isJsonObject(next)) {
      for (const [key, member] of Object.entries(next).slice(0, left).reverse())
        waiting.push({ value: member, key, parent: place });
    }
    left -= 1;
  }
  return null;
}

function pathTo(place: Place): InputPath {
  const keys: (string | number)[] = [];
  for (let at = place; at.parent; at = at.parent) keys.push(at.key);
  return keys.reverse();
}
