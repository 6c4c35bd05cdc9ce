/** Parses an `error`: plain text, or JSON from a service. */
import { fieldOf, isJsonObject } from '../json.ts';
import { parseExactJson } from '../long-integers.ts';
import type { JsonObject, JsonValue, StepError } from '../types.ts';

/**
 * Returns null if nothing is reported: null, blank, `{}`, `[]`, `null` and `""`. `message` is never empty: by default
 * it is the whole error. Outer fields take precedence over those of a nested `error` or `detail`.
 */
export function errorInfo(error: string | null): StepError | null {
  if (error === null) return null;
  const text = error.trim();
  if (isEmpty(text)) return null;
  const parsed = parseJson(text);
  if (!isJsonObject(parsed)) {
    const message = typeof parsed === 'string' ? parsed.trim() : '';
    return { message: message || text, type: null, code: null, raw: error };
  }
  const layers = layersOf(parsed);
  return {
    message: firstText(layers, ['message', 'error', 'detail']) ?? text,
    type: firstText(layers, ['type']),
    code: firstText(layers, ['code']),
    raw: error,
  };
}

export const hasError = (error: string | null): boolean => error !== null && !isEmpty(error.trim());

/** Error of a step or record as sent, or null if nothing is reported. */
export const shownError = ({ error }: { readonly error: string | null }): string | null =>
  hasError(error) ? error : null;

/** Maximum number of characters to parse. Parsing a longer string for each reader would take too long. */
const MAX_PARSED = 2 ** 16;

/** Beginning of JSON. Most errors are plain text, and a failing parser takes ten times as long as this check. */
const JSON_START = /^(?:[[{"\d-]|(?:true|false|null)$)/;

/** Returns the string itself if it isn't JSON. */
function parseJson(text: string): JsonValue {
  if (text.length > MAX_PARSED || !JSON_START.test(text)) return text;
  try {
    return parseExactJson(text) as JsonValue;
  } catch {
    return text;
  }
}

/** Avoids the parser if possible, since this runs for every step. */
const isEmpty = (text: string): boolean =>
  text === '' || /^(?:null|\{[ \t\r\n]*\}|\[[ \t\r\n]*\])$/.test(text) || isBlankInQuotes(text);

const isBlankInQuotes = (text: string): boolean => {
  if (!text.startsWith('"')) return false;
  const parsed = parseJson(text);
  return typeof parsed === 'string' && parsed.trim() === '';
};

/** The object and its nested details, outermost first. No known service has more than three levels. */
function layersOf(outer: JsonObject): JsonObject[] {
  const layers = [outer];
  for (const layer of layers) {
    const nested = [fieldOf(layer, 'error'), fieldOf(layer, 'detail')].find(isJsonObject);
    if (nested && layers.length < 3) layers.push(nested);
  }
  return layers;
}

function firstText(layers: readonly JsonObject[], keys: readonly string[]): string | null {
  for (const layer of layers) {
    for (const key of keys) {
      const value = fieldOf(layer, key);
      if (typeof value === 'number') return String(value);
      if (typeof value === 'string' && value.trim() !== '') return value.trim();
    }
  }
  return null;
}
