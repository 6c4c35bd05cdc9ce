/** Memory of a JSON text beyond its length when it is parsed: up to more than twenty times as much, as for `[{},{},…]`. */
import { MIN_COUNTED_BYTES } from './client-bytes.ts';

/** Measured on Node 24: 71 bytes an empty object in a list, 47 an empty list, 90 a field of a large object. */
const OBJECT_BYTES = 64;
/** Measured: 18 bytes a number in a list. */
const ITEM_BYTES = 16;
/** With its text less than the limit of one viewer (12 MiB): otherwise a request fills it, and its own answer is always refused. */
const MAX_BYTES = 9 * 2 ** 20;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;

/** An estimate by the text, so before parsing. At most MAX_BYTES; 0 for a short text. A megabyte takes some milliseconds. */
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
