/** Forms that several variables share. Values are trimmed before. The meta `expected` completes "X must be …", in errors and docs. */
import { z } from 'zod';

/** Messages must not quote the value. */
export const SECRET = { isSecret: true };

export const matching = (pattern: RegExp, expected: string) => z.string().regex(pattern).meta({ expected });

export const wholeNumber = (min: number, max: number, unit = '') =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .meta({ expected: `a whole number${unit && ` of ${unit}`} from ${min} to ${max}` });

export const oneOf = <const T extends readonly [string, ...string[]]>(all: T) =>
  z.enum(all).meta({ expected: `one of ${all.join(', ')}` });

/** Separated by commas. */
export const words = z.string().transform((text): readonly string[] => text.split(',').map((word) => word.trim()));

export const listOf = <T extends z.ZodType<unknown, string>>(item: T, expected: string) =>
  words.pipe(z.array(item).readonly()).meta({ expected: `a comma-separated list of ${expected}` });

/** `read` returns null for a wrong text. */
export const readBy = <T>(read: (text: string) => T | null, expected: string) =>
  z
    .string()
    .transform((text, { issues }): T => {
      const value = read(text);
      if (value !== null) return value;
      issues.push({ code: 'custom', input: text });
      return z.NEVER;
    })
    .meta({ expected });

/** Null if the variable is not set. */
export const optional = <T extends z.ZodType>(form: T) => z.nullable(form).default(null);

type UrlPart = 'username' | 'password' | 'search' | 'hash';

/**
 * Null for a text that is not a URL of that scheme, has a part that must be empty, or has credentials that are not percent-encoded,
 * which clients fail to decode.
 */
export function readUrl(text: string, scheme: RegExp, empty: readonly UrlPart[]): URL | null {
  try {
    const url = new URL(text);
    decodeURIComponent(`${url.username}:${url.password}`);
    return scheme.test(text) && empty.every((part) => url[part] === '') ? url : null;
  } catch {
    return null;
  }
}

export const HTTP = /^https?:\/\//i;

/** Scheme, host and port without a placeholder. Parsers take a backslash for a slash, which would end the host. */
const FIXED_HOST = /^https?:\/\/[^\s/?#\\{}]+[/?#][^\s\p{Cc}]*$/iu;

/** Of an http or https URL without credentials that has `{name}` behind its host, for each of the names and no other. */
export function urlTemplate(names: readonly string[], example: string) {
  const placeholders = names.map((name) => `{${name}}`);
  const read = (text: string): string | null => {
    const filled = placeholders.reduce((url, placeholder) => url.replaceAll(placeholder, 'id'), text);
    const isUrl = FIXED_HOST.test(text) && readUrl(filled, HTTP, ['username', 'password']) !== null;
    return isUrl && !/[{}]/.test(filled) && placeholders.every((each) => text.includes(each)) ? text : null;
  };
  const expected = `an http or https URL without credentials, with ${placeholders.join(' and ')} and no other braces behind its host`;
  return readBy(read, `${expected}, such as ${example}`);
}
