/**
 * Integers beyond 2^53 in JSON, and numbers beyond any double: they would be rounded, or become null. In browsers that tell no number's
 * source (from before 2025) they do.
 */

interface Source {
  readonly source?: string;
}

/** `JSON.parse`, with `replaced(digits)` in place of each such number. */
export function parseExactJson(text: string, replaced: (digits: string) => unknown): unknown {
  return JSON.parse(text, (_key, value: unknown, { source = '' }: Source = {}) =>
    typeof value === 'number' && isLost(value, source) ? replaced(source) : value,
  );
}

const isLost = (value: number, source: string): boolean =>
  !Number.isFinite(value) || (!Number.isSafeInteger(value) && /^-?\d+$/.test(source));

/** Known to browsers, not yet to TypeScript. */
const { rawJSON = String } = JSON as typeof JSON & { readonly rawJSON?: (digits: string) => unknown };

/** JSON text over several lines; null for a text that is none, or only a word or a number. */
export function prettyJson(text: string): string | null {
  try {
    const value = parseExactJson(text, rawJSON);
    return typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : null;
  } catch {
    return null;
  }
}
