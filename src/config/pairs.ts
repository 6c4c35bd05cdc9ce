/** Variables that hold `name=value` pairs, as OpenTelemetry writes them. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';

/** `key=value` pairs separated by commas, percent-encoded. Null if a part is none. */
function readPairs(text: string): Record<string, string> | null {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  try {
    const pairs = parts.map((part) => {
      const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(part) ?? [];
      return [decodeURIComponent(name.trim()), decodeURIComponent(value.trim())] as const;
    });
    return pairs.every(([name]) => name !== '') ? Object.fromEntries(pairs) : null;
  } catch {
    return null;
  }
}

/** `isPair` says which pairs are allowed. */
export const pairs = (isPair: (name: string, value: string) => boolean) =>
  z
    .string()
    .transform(readPairs)
    .pipe(z.record(z.string(), z.string()))
    .refine((read) => Object.entries(read).every(([name, value]) => isPair(name, value)));

export function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
