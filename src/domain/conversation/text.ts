/** Strings of a message. Long ones are cut, and other content becomes a reference. */
import { isDeeperThan, isJsonObject, MAX_JSON_DEPTH, fieldOf } from '../json.ts';
import type { JsonValue } from '../types.ts';

/** Maximum number of characters of a message's content or a call's arguments. */
export const MAX_TEXT = 100_000;

const MAX_REFERENCE = 500;

/** Cuts to at most `max` characters without splitting a surrogate pair. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}

/** Returns null for anything but a non-empty string. */
export const nameIn = (value: JsonValue | undefined, key: string): string | null => {
  const name = fieldOf(value, key);
  return typeof name === 'string' && name !== '' ? name : null;
};

/** Returns a string, or any other value as JSON, or null for a missing value. Encoded data becomes a reference. */
export function textOf(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return withoutDataUrls(value);
  if (isDeeperThan(value, MAX_JSON_DEPTH)) return `(nested deeper than ${MAX_JSON_DEPTH} levels)`;
  return withoutDataUrls(JSON.stringify(value)).replace(BASE64, (data) => reference('data', sizeOfBase64(data.length)));
}

/** Placeholder for content other than text, such as `[image: https://…]`. */
export const reference = (kind: string, ...about: readonly (string | null)[]): string => {
  const known = about.filter((each) => each !== null);
  return (
    clip(`[${[clip(kind, MAX_REFERENCE), known.join(', ')].filter((each) => each !== '').join(': ')}`, MAX_REFERENCE) +
    ']'
  );
};

/** Keeps a link. Replaces a data URL with its type and size. */
export function linkReference(kind: string, url: string): string {
  if (!url.startsWith('data:')) return reference(kind, url);
  const [mediaType = ''] = url.slice(5, 5 + MAX_REFERENCE).split(/[;,]/, 1);
  return reference(kind, mediaType === '' ? null : mediaType, sizeOfBase64(url.length - url.indexOf(',') - 1));
}

export const dataReference = (kind: string, type: string | null, base64: JsonValue | undefined): string =>
  reference(kind, type, typeof base64 === 'string' ? sizeOfBase64(base64.length) : null);

/**
 * Encoded data in JSON of unknown shape: normal words are never this long. A match starts only at the beginning of a
 * word, because trying each character of long words would take seconds.
 */
const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{1000,}={0,2}/g;

/** Short data URLs stay, since a reference wouldn't be shorter. */
const DATA_URL = /data:([\w.+/-]{1,100}(?:;[\w.=+-]{1,100}){0,3});base64,([A-Za-z0-9+/_-]{200,}={0,2})/g;

const withoutDataUrls = (text: string): string =>
  text.includes(';base64,')
    ? text.replace(DATA_URL, (_url, type: string, data: string) => reference('data', type, sizeOfBase64(data.length)))
    : text;

function sizeOfBase64(characters: number): string {
  const bytes = Math.floor((characters * 3) / 4);
  return bytes < 1000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} kB`;
}

const NAMING = ['title', 'filename', 'name', 'url', 'file_id', 'id'];

/** Reference to a part of an unknown type. */
export const unknownReference = (type: string, part: JsonValue): string =>
  reference(
    type,
    isJsonObject(part) ? (NAMING.map((key) => nameIn(part, key)).find((name) => name !== null) ?? null) : null,
  );
