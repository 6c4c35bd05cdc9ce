/**
 * Limits of a large answer, checked before it is parsed. JSON.parse takes 30 ms for 16 MB of text, but seconds and a
 * gigabyte for the same bytes of empty lists or of different names.
 */
import { randomInt } from 'node:crypto';
import { MAX_JSON_DEPTH } from '../../domain/json.ts';

/** Smaller answers are parsed in a short time, whatever they contain. */
export const MIN_CHECKED_BYTES = 2 ** 20;

/** Limit of list items and object members. */
const MAX_VALUES = 1_000_000;
/** Limit of different names. A new name takes forty times as long as a number. */
const MAX_NAMES = 100_000;
/** A list of items with payloads of the greatest depth. */
const MAX_DEPTH = MAX_JSON_DEPTH + 2;

const HASHED_BYTES = 64;
/** Shorter texts are read faster byte by byte. */
const SHORT_TEXT = 64;
/** Names are counted by hash. At the limit about 5 % of them share a hash, and count once. */
const NAME_SLOTS = 2 ** 20;
/** Odd and random, so that nobody can choose names that share a hash. */
const MULTIPLIER = 2 * randomInt(2 ** 15, 2 ** 30) + 1;

/** Returns the limit that the JSON exceeds, or null. Accepts any bytes: JSON.parse finds invalid JSON. */
export function exceededLimit(bytes: Uint8Array): string | null {
  const names = new Uint8Array(NAME_SLOTS);
  let [values, nameCount, depth, previous, hash] = [0, 0, 0, 0, 0];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte <= SPACE) continue;
    const isOpening = byte === OPEN_LIST || byte === OPEN_OBJECT;
    // JSON.parse reads no further: this is not a list or object, or text follows it.
    if (depth === 0 && (previous !== 0 || !isOpening)) return null;
    if (byte === QUOTE) {
      at += 1;
      hash = hashOf(bytes, at);
      at = endOfText(bytes, at);
    } else if (byte === COMMA) {
      values += 1;
    } else if (byte === COLON) {
      const slot = (hash >>> 8) % NAME_SLOTS;
      if (names[slot] === 0) nameCount += 1;
      names[slot] = 1;
    } else if (isOpening) {
      depth += 1;
      values += 1;
      if (depth > MAX_DEPTH) return `${MAX_DEPTH} levels of nesting`;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth -= 1;
      // An empty list or object has no value.
      if (previous === OPEN_LIST || previous === OPEN_OBJECT) values -= 1;
    }
    if (values > MAX_VALUES) return `${MAX_VALUES} values`;
    if (nameCount > MAX_NAMES) return `${MAX_NAMES} different names`;
    previous = byte;
  }
  return null;
}

/** Returns the position of the quote that ends a text. Long texts are searched natively, in a tenth of the time. */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const stop = Math.min(at + SHORT_TEXT, bytes.length);
    for (; at < stop; at += 1) {
      if (bytes[at] === QUOTE) return at;
      if (bytes[at] === BACKSLASH) at += 1;
    }
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return bytes.length;
    let escapes = 0;
    while (quote - escapes > at && bytes[quote - escapes - 1] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return quote;
    at = quote + 1;
  }
}

/** Returns the hash of a text's first bytes: an answer has no room for many longer names. */
function hashOf(bytes: Uint8Array, start: number): number {
  let hash = 0;
  const end = Math.min(bytes.length, start + HASHED_BYTES);
  for (let at = start; at < end && bytes[at] !== QUOTE; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), MULTIPLIER);
  return hash;
}

const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d] as const;
const [COMMA, COLON, SPACE, QUOTE, BACKSLASH] = [0x2c, 0x3a, 0x20, 0x22, 0x5c] as const;
