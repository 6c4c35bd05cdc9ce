/** Values that clients return unchanged: JSON in base64url. */
import type { z } from 'zod';
import { GatewayError } from '../upstream/errors.ts';

export const encodeOpaque = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * Throws BAD_USER_INPUT with this message for any other string. A string longer than `maxLength` isn't decoded: a
 * megabyte under a hundred aliases would take seconds.
 */
export function decodeOpaque<T>(text: string, schema: z.ZodType<T>, maxLength: number, message: string): T {
  try {
    if (text.length > maxLength) throw new Error('too long');
    return schema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw new GatewayError('BAD_USER_INPUT', message);
  }
}
