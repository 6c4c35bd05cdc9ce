/** What an `error` text says: plain words, or JSON that some service answered with. */
import { fieldOf, isJsonObject } from '../json.ts';
import { parseExactJson } from '../long-integers.ts';
import type { JsonObject, JsonValue, StepError } from '../types.ts';

/**
 * Null where the text tells of no error: null, blank, `{}`, `[]`, `null` and `""`. The message is never empty: where
 * JSON holds none, it is the whole text. An object may hold its details in a nested `error` or `detail`; what the
 * outer one tells goes first.
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

/** Characters. A longer one is plain words to us: to parse it for each reader would take too long. */
const MAX_PARSED = 2 ** 16;

/** How JSON begins. Most errors are plain words, and to let the parser fail takes ten times as long as to look. */
const JSON_START = /^(?:[[{"\d-]|(?:true|false|null)$)/;

/** The text itself where it is no JSON. */
function parseJson(text: string): JsonValue {
  if (text.length > MAX_PARSED || !JSON_START.test(text)) return text;
  try {
    return parseExactJson(text) as JsonValue;
  } catch {
    return text;
  }
}

/** Judged by the text: of each step it is asked, and most are not read any further. */
const isEmpty = (text: string): boolean =>
  text === '' || /^(?:null|\{[ \t\r\n]*\}|\[[ \t\r\n]*\])$/.test(text) || isBlankInQuotes(text);

const isBlankInQuotes = (text: string): boolean => {
  if (!text.startsWith('"')) return false;
  const parsed = parseJson(text);
  return typeof parsed === 'string' && parsed.trim() === '';
};

/** The object and what it nests, outermost first; three levels are more than any service is known to use. */
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
