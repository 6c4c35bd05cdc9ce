/**
 * Integers beyond 2^53 in JSON. A double can't hold all of their digits: JSON.parse rounds them without a word, here and in a browser
 * that they are answered to. As text they keep their digits.
 */
import type { JsonValue } from './types.ts';

const LEAST_DIGITS = /\d{16}/;

/** The beginning of a text, or an integer of 16 digits or more. What follows a point or an exponent is no integer. */
const TOKENS = /"|(?<![\w.+-])-?[1-9]\d{15,}(?![\w.])/g;

/** `JSON.parse`, with such integers as text. */
export function parseExactJson(text: string): unknown {
  // First of all it must be JSON: in other text the tokens may stand anywhere.
  const value: unknown = JSON.parse(text);
  const exact = longIntegersAsText(text);
  return exact === text ? value : JSON.parse(exact);
}

/** The same JSON, with such integers in quotes. */
export function longIntegersAsText(json: string): string {
  if (!LEAST_DIGITS.test(json)) return json;
  const tokens = new RegExp(TOKENS);
  let exact = '';
  let copied = 0;
  for (let found = tokens.exec(json); found; found = tokens.exec(json)) {
    const [token] = found;
    if (token === '"') tokens.lastIndex = endOfText(json, found.index);
    else if (!Number.isSafeInteger(Number(token))) {
      exact += `${json.slice(copied, found.index)}"${token}"`;
      copied = tokens.lastIndex;
    }
  }
  return exact + json.slice(copied);
}

/** Behind the quote that ends the text. An expression that matches a whole text with a million escapes would overflow the stack. */
export function endOfText(json: string, start: number): number {
  let end = start;
  do end = json.indexOf('"', end + 1);
  while (isEscaped(json, end));
  return end === -1 ? json.length : end + 1;
}

function isEscaped(json: string, quote: number): boolean {
  let first = quote;
  while (json[first - 1] === '\\') first -= 1;
  return (quote - first) % 2 === 1;
}

/** True for what `JSON.parse` may have made of such an integer. */
export const mayBeRounded = (value: JsonValue): boolean =>
  typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
