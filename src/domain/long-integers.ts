/**
 * Integers beyond 2^53 in JSON. A double can't hold all of their digits: JSON.parse rounds them without a word, here and in a browser
 * that they are answered to. As text they keep their digits.
 */

/** 2^53 has 16 digits. */
const MIN_LONG_DIGITS = 16;

/** `JSON.parse`, with such integers as text. */
export function parseExactJson(text: string): unknown {
  // First of all it must be JSON: in other text the tokens may stand anywhere.
  const value: unknown = JSON.parse(text);
  const exact = longIntegersAsText(text);
  return exact === text ? value : JSON.parse(exact);
}

/** True if so many digits are in a row anywhere. Every sixteenth character is looked at: one of them is a digit of the row. */
function mayHaveLongIntegers(json: string): boolean {
  for (let at = MIN_LONG_DIGITS - 1; at < json.length; at += MIN_LONG_DIGITS) {
    if (!isDigit(json.charCodeAt(at))) continue;
    let [start, end] = [at, at + 1];
    while (isDigit(json.charCodeAt(start - 1))) start -= 1;
    while (isDigit(json.charCodeAt(end))) end += 1;
    if (end - start >= MIN_LONG_DIGITS) return true;
  }
  return false;
}

/** The same JSON, with such integers in quotes. Character by character: expressions take up to four times as long. */
export function longIntegersAsText(json: string): string {
  if (!mayHaveLongIntegers(json)) return json;
  let exact = '';
  let copied = 0;
  for (let at = 0; at < json.length;) {
    const first = json.charCodeAt(at);
    let end = at + 1;
    if (first === QUOTE) end = endOfText(json, at);
    else if (first === MINUS || isDigit(first)) {
      end = endOfNumber(json, at);
      if (end - at >= MIN_LONG_DIGITS && isLongInteger(json.slice(at, end))) {
        exact += `${json.slice(copied, at)}"${json.slice(at, end)}"`;
        copied = end;
      }
    }
    at = end;
  }
  return exact + json.slice(copied);
}

/** Of a number in JSON. What has a point or an exponent is no integer: a double is meant. */
const isLongInteger = (number: string): boolean => /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number));

/** Behind the quote that ends it. */
function endOfText(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 1;
  }
  return json.length;
}

function endOfNumber(json: string, start: number): number {
  let end = start + 1;
  while (isInNumber(json.charCodeAt(end))) end += 1;
  return end;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
/** Digits, `+`, `-`, `.`, `e` and `E`. */
const isInNumber = (code: number): boolean =>
  isDigit(code) || code === 0x2b || code === MINUS || code === 0x2e || code === 0x65 || code === 0x45;
const [QUOTE, MINUS, BACKSLASH] = [0x22, 0x2d, 0x5c];
