/** Integers beyond 2^53 in JSON become texts, since JSON.parse rounds them silently, here and in browsers. */

/** 2^53 has 16 digits. */
const MIN_LONG_DIGITS = 16;

/** `JSON.parse` with long integers as texts. */
export function parseExactJson(text: string): unknown {
  // Invalid JSON is rejected first: the scan below could find digits anywhere in it.
  const value: unknown = JSON.parse(text);
  const exact = longIntegersAsText(text);
  return exact === text ? value : JSON.parse(exact);
}

/** True if the JSON has this many digits in a row. Any such row contains a position that is checked. */
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

/** Quotes long integers. It scans characters, since regular expressions take up to four times as long. */
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

/** Takes a number in JSON. A point or an exponent means a double. */
const isLongInteger = (number: string): boolean => /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number));

/** Returns the index after the closing quote. */
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
