/** Case-insensitive text search. */
import { isJsonArray, isJsonObject } from './json.ts';
import type { JsonValue } from './types.ts';

/** Characters that are compared, from the beginning of the text. */
export const MAX_COMPARED = 2 ** 14;

/** Knuth-Morris-Pratt, since `includes` may take 150 ms in repetitive text. `part` is lower-case and not empty. */
export function containsText(text: string, part: string): boolean {
  const compared = text.slice(0, MAX_COMPARED).toLowerCase();
  if (compared.length < part.length) return false;
  const fallbacks = [0];
  /** Length of the beginning of `part` that matches up to `character`, after a match of `matched` characters. */
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

/** True if a text or number of the JSON contains `part`. Only `MAX_COMPARED` characters and values are compared. */
export function valueContainsText(value: JsonValue, part: string): boolean {
  const waiting = [value];
  let left = MAX_COMPARED;
  while (waiting.length > 0 && left > 0) {
    const next = waiting.pop() ?? null;
    if (typeof next === 'string' || typeof next === 'number') {
      const text = String(next).slice(0, left);
      if (containsText(text, part)) return true;
      left -= text.length;
    } else if (isJsonArray(next)) {
      for (let at = Math.min(next.length, left) - 1; at >= 0; at -= 1) waiting.push(next[at] ?? null);
    } else if (isJsonObject(next)) {
      for (const member of Object.values(next).slice(0, left).reverse()) waiting.push(member);
    }
    left -= 1;
  }
  return false;
}
