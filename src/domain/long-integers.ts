/** Integers beyond 2^53 in JSON become strings, since JSON.parse rounds them silently, here and in browsers. */

/**
 * An integer of at least 16 digits where a value belongs: without leading zeros, and not before a colon. So only valid
 * JSON becomes valid. `[1-9]|-[1-9]` is found twice as fast as `-?[1-9]`.
 */
const LONG_INTEGER = /(?<=^|[[:,\s])(?:[1-9]|-[1-9])\d{15,399}(?=\s*(?:[\]},]|$))/g;

/** Like `JSON.parse`, but long integers become strings. */
export const parseExactJson = (text: string): unknown => JSON.parse(longIntegersAsText(text));

function longIntegersAsText(json: string): string {
  let isInText = false;
  let quote = quoteFrom(json, 0);
  return json.replace(LONG_INTEGER, (digits, at: number) => {
    while (quote < at) {
      if (!isInText || !isEscaped(json, quote)) isInText = !isInText;
      quote = quoteFrom(json, quote + 1);
    }
    return isInText || Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`;
  });
}

/** Infinity if there is no further quote, so the rest isn't searched again for each integer. */
function quoteFrom(json: string, from: number): number {
  const found = json.indexOf('"', from);
  return found === -1 ? Infinity : found;
}

/** Whether the quote follows an odd number of backslashes. */
function isEscaped(json: string, at: number): boolean {
  let first = at;
  while (json[first - 1] === '\\') first -= 1;
  return (at - first) % 2 === 1;
}
