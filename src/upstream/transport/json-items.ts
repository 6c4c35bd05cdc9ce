/** Cuts the text of a JSON list into those of its items. */
import { endOfText } from '../../domain/long-integers.ts';

/** At most `limit` of them, as they are written: a number could not hold all of it. `json` must be a list, in valid JSON. */
export function itemsOf(json: string, limit = Infinity): readonly string[] {
  const items: string[] = [];
  let depth = 0;
  let start = 0;
  const cut = (end: number) => {
    items.push(json.slice(start, end));
    start = end + 1;
  };
  for (let at = 0; at < json.length && items.length < limit; at += 1) {
    const character = json[at];
    if (character === '"') {
      at = endOfText(json, at) - 1;
    } else if (character === '[' || character === '{') {
      depth += 1;
      if (depth === 1) start = at + 1;
    } else if (character === ']' || character === '}') {
      depth -= 1;
      // Behind the last comma stands an item: there is none in an empty list alone.
      if (depth === 0 && json.slice(start, at).trim() !== '') cut(at);
    } else if (character === ',' && depth === 1) {
      cut(at);
    }
  }
  return items;
}
