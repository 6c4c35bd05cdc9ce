/** Integers beyond 2^53 in JSON become texts, since JSON.parse rounds them silently, here and in browsers. */

/** An integer of at least 16 digits with what surrounds a value in JSON. Longer ones are not integers of anybody. `\d|-\d` is found twice as fast as `-?\d`. */
const LONG_INTEGER = /(?<=^|[[:,\s])(?:\d|-\d)\d{15,399}(?=[\]},\s]|$)/g;

/** `JSON.parse` with long integers as texts. */
export function parseExactJson(text: string): unknown {
  // Invalid JSON is rejected first: the pattern could find digits anywhere in it.
  const value: unknown = JSON.parse(text);
  const exact = longIntegersAsText(text);
  return exact === text ? value : JSON.parse(exact);
}

function longIntegersAsText(json: string): string {
  let read = 0;
  let isInText = false;
  return json.replace(LONG_INTEGER, (digits, at: number) => {
    for (let quote = json.indexOf('"', read); quote !== -1 && quote < at; quote = json.indexOf('"', read)) {
      if (!isInText || !isEscaped(json, quote)) isInText = !isInText;
      read = quote + 1;
    }
    return isInText || Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`;
  });
}

/** True after an odd number of backslashes. */
function isEscaped(json: string, at: number): boolean {
  let first = at;
  while (json[first - 1] === '\\') first -= 1;
  return (at - first) % 2 === 1;
}
