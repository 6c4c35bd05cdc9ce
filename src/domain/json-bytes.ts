/** Size of a value as JSON, computed without serializing it. */
import { JsonPart } from './json-part.ts';

/** Bytes of the value as compact JSON. Stops beyond `limit`, and then returns a number above it. */
export function jsonBytes(json: unknown, limit = Infinity): number {
  const rest: unknown[] = [json];
  let length = 0;
  for (let value = rest.pop(); value !== undefined && length <= limit; value = rest.pop()) {
    // Each character takes at least one byte, so a string longer than the limit need not be read.
    if (typeof value === 'string') length += value.length > limit ? value.length : textBytes(value);
    else if (typeof value !== 'object' || value === null) length += wordBytes(value);
    else if (Array.isArray(value)) {
      length += 2 + Math.max(0, value.length - 1);
      for (const item of value) rest.push(item ?? null);
    } else if (value instanceof JsonPart) length += value.bytes.length;
    else {
      let commas = -1;
      // Object.entries would allocate a list for each object and each field.
      for (const key in value) {
        const child = (value as Readonly<Record<string, unknown>>)[key];
        // JSON.stringify omits undefined fields.
        if (child === undefined) continue;
        commas += 1;
        length += textBytes(key) + 1;
        rest.push(child);
      }
      length += 2 + Math.max(0, commas);
    }
  }
  return length;
}

/** NaN and infinities become null. */
const wordBytes = (value: unknown): number =>
  typeof value === 'boolean' || Number.isFinite(value) ? String(value).length : 4;

/**
 * Includes the quotes. An escape takes 2 bytes, or 6 for a lone surrogate or a control character without a letter
 * escape.
 */
function textBytes(text: string): number {
  let length = text.length + 2;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x80) {
      if (code < 0x20) length += hasLetter(code) ? 1 : 5;
      else if (code === QUOTE || code === BACKSLASH) length += 1;
    } else if (code < 0x800) length += 1;
    else if (code < 0xd800 || code > 0xdfff) length += 2;
    else if ((text.codePointAt(at) ?? 0) > 0xffff) {
      length += 2;
      at += 1;
    } else length += 5;
  }
  return length;
}

/** Control characters with a letter escape: `\b`, `\t`, `\n`, `\f` and `\r`. */
const hasLetter = (code: number): boolean => code >= 0x08 && code <= 0x0d && code !== 0x0b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
