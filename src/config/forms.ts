/** Forms that several variables have. Values come trimmed. */
import { z } from 'zod';

export const wholeNumber = (min: number, max: number, unit = '') =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .describe(`a whole number${unit && ` of ${unit}`} from ${min} to ${max}`);

/** Separated by commas. */
export const words = z.string().transform((text) => text.split(',').map((word) => word.trim()));

export const oneOf = <const T extends readonly [string, ...string[]]>(all: T) =>
  z.enum(all).describe(`one of ${all.join(', ')}`);

/** No message may repeat the value. */
export const SECRET = { isSecret: true };
