/**
 * JSON with integers beyond 2^53 and numbers beyond a double, which `JSON.parse` would round or turn into infinity.
 * Browsers from before 2025 don't provide the source of a number, so they still lose it.
 */

interface Source {
  readonly source?: string;
}

/** Like `JSON.parse`, but replaces each such number with `replaced(digits)`. */
export function parseExactJson(text: string, replaced: (digits: string) => unknown): unknown {
  return JSON.parse(text, (_key, value: unknown, { source = '' }: Source = {}) =>
    typeof value === 'number' && isLost(value, source) ? replaced(source) : value,
  );
}

const isLost = (value: number, source: string): boolean =>
  !Number.isFinite(value) || (!Number.isSafeInteger(value) && /^-?\d+$/.test(source));

/** Available in browsers, but not yet in TypeScript's types. */
const { rawJSON = String } = JSON as typeof JSON & { readonly rawJSON?: (digits: string) => unknown };

/** Indented JSON; `null` if the string isn't JSON, or is only a string, number, boolean or null. */
export function prettyJson(text: string): string | null {
  try {
    const value = parseExactJson(text, rawJSON);
    return typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : null;
  } catch {
    return null;
  }
}
