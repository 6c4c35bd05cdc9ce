/** Types shared by several settings: an option's type, and how its variable's trimmed string is converted. */
import { z } from 'zod';

/** Metadata of a setting. */
export interface SettingMeta {
  /** Completes "X must be …". Default: the description. */
  readonly expected?: string;
  /** The same for the variable, if it differs. */
  readonly expectedText?: string;
  /**
   * Converts the variable's string to the option. Invalid strings are kept: the type rejects and quotes them. Default:
   * the string.
   */
  readonly read?: (text: string) => unknown;
  /** Says what is wrong with this value or item, if known. */
  readonly hint?: (value: unknown) => string | null;
  /** Whether messages must not quote the value. */
  readonly isSecret?: boolean;
  /** The default in the docs, if it isn't the schema's. */
  readonly shownDefault?: string;
  /** The option's type in the docs, if the schema doesn't show it. */
  readonly shownType?: string;
  /** The meaning, for the docs. */
  readonly description?: string | undefined;
}

/** Type-checks `meta`: z.meta accepts any name. */
const meta = (value: SettingMeta): z.GlobalMeta => ({ ...value });

/** Metadata of a setting and of the schemas inside it: `default`, `nullable` and others wrap a schema. */
export function metaOf(form: z.ZodType): SettingMeta {
  const inner = 'unwrap' in form ? metaOf((form as z.ZodOptional<z.ZodType>).unwrap()) : {};
  return { ...inner, ...form.meta() };
}

export const SECRET = meta({ isSecret: true });

export const matching = (pattern: RegExp, expected: string) => z.string().regex(pattern).meta({ expected });

export const text = (expected: string) => z.string().meta({ expected });

export const wholeNumber = (min: number, max: number, unit = '') =>
  z
    .int()
    .min(min)
    .max(max)
    .meta(
      meta({
        expected: `a whole number${unit && ` of ${unit}`} from ${min} to ${max}`,
        read: (text) => (/^\d+$/.test(text) ? Number(text) : text),
      }),
    );

const SWITCHES: Readonly<Record<string, boolean>> = { on: true, off: false };

export const onOff = () =>
  z.boolean().meta(
    meta({
      expected: 'true or false',
      expectedText: 'one of on, off',
      read: (text) => (Object.hasOwn(SWITCHES, text) ? SWITCHES[text] : text),
    }),
  );

export const oneOf = <const T extends readonly [string, ...string[]]>(all: T) =>
  z.enum(all).meta({ expected: `one of ${all.join(', ')}` });

/** Splits at commas. */
export const words = (text: string): string[] => text.split(',').map((word) => word.trim());

export const listOf = <T extends z.ZodType>(item: T, expected: string) =>
  z
    .array(item)
    .readonly()
    .meta(
      meta({ expected: `a list of ${expected}`, expectedText: `a comma-separated list of ${expected}`, read: words }),
    );

/** `read` returns null for an invalid string. */
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

/** The value is null if the setting is omitted. */
export const optional = <T extends z.ZodType>(form: T) => z.nullable(form).default(null);

type UrlPart = 'username' | 'password' | 'search' | 'hash';

/**
 * Returns null for a string that isn't a URL of that scheme, has a part that must be empty, or has credentials that
 * aren't percent-encoded, which clients fail to decode.
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

/** Scheme, host and port without a placeholder. Parsers treat a backslash as a slash, which would end the host. */
const FIXED_HOST = /^https?:\/\/[^\s/?#\\{}]+[/?#][^\s\p{Cc}]*$/iu;

/**
 * Reads an http or https URL without credentials that contains `{name}` after its host, for each of the names and no
 * other.
 */
export function urlTemplate(names: readonly string[], example: string) {
  const placeholders = names.map((name) => `{${name}}`);
  const read = (text: string): string | null => {
    const filled = placeholders.reduce((url, placeholder) => url.replaceAll(placeholder, 'id'), text);
    const isUrl = FIXED_HOST.test(text) && readUrl(filled, HTTP, ['username', 'password']) !== null;
    return isUrl && !/[{}]/.test(filled) && placeholders.every((each) => text.includes(each)) ? text : null;
  };
  const expected = `an http or https URL without credentials, with ${placeholders.join(' and ')} and no other braces after its host`;
  return readBy(read, `${expected}, such as ${example}`);
}
