/** Helpers that join streamed pieces. */
import type { JsonValue } from '../../types.ts';
import { MAX_TEXT } from '../text.ts';

/** Appends the piece unless the text is already longer than MAX_TEXT. */
export function append(text: string | null, piece: JsonValue | undefined): string | null {
  if (typeof piece !== 'string') return text;
  return text !== null && text.length > MAX_TEXT ? text : (text ?? '') + piece;
}

/** Returns the entry of the key, or a new one. A missing key counts as 0. */
export function entryAt<Entry>(map: Map<JsonValue, Entry>, key: JsonValue | undefined, create: () => Entry): Entry {
  const at = key ?? 0;
  const known = map.get(at);
  if (known) return known;
  const entry = create();
  map.set(at, entry);
  return entry;
}
