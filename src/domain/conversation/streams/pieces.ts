/** Texts that come in pieces. */
import type { JsonValue } from '../../types.ts';
import { MAX_TEXT } from '../text.ts';

/** The text with the piece behind it, until it is longer than is ever shown. */
export function append(text: string | null, piece: JsonValue | undefined): string | null {
  if (typeof piece !== 'string') return text;
  return text !== null && text.length > MAX_TEXT ? text : (text ?? '') + piece;
}

/** What `map` has at the key, or a new one. */
export function entryAt<Entry>(map: Map<JsonValue, Entry>, key: JsonValue | undefined, create: () => Entry): Entry {
  const at = key ?? 0;
  const known = map.get(at);
  if (known) return known;
  const entry = create();
  map.set(at, entry);
  return entry;
}
