/** What a JSON text takes beyond its length when it is parsed, which may be more than twenty times as much: `[{},{},…]`. */
import { MIN_COUNTED_BYTES } from './client-bytes.ts';

/** Measured on Node 24: 71 bytes an empty object in a list, 47 an empty list, 90 a field of a large object. */
const OBJECT_BYTES = 64;
/** 18 bytes a number in a list. */
const ITEM_BYTES = 16;
/** With its text less than what one viewer may hold (12 MiB): otherwise a request fills that alone, and its own answer is refused each time. */
const MAX_BYTES = 9 * 2 ** 20;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;

/** Estimated by the text, so that it is known before, and no more than MAX_BYTES. A megabyte takes some milliseconds. A short text counts as 0. */
export function bytesBeyondText(json: string): number {
  if (json.length < MIN_COUNTED_BYTES) return 0;
  let bytes = 0;
  let isText = false;
  for (let at = 0; at < json.length; at += 1) {
    const char = json.charCodeAt(at);
    if (char === BACKSLASH) at += 1;
    else if (char === QUOTE) isText = !isText;
    else if (isText) continue;
    else if (char === COMMA) bytes += ITEM_BYTES;
    else if (char === BRACE || char === BRACKET || char === COLON) bytes += OBJECT_BYTES;
  }
  return Math.min(bytes, MAX_BYTES);
}
