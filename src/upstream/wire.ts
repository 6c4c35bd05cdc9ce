/** The parts that the wire's shapes are made of, and the check of an answer against its shape. */
import { z } from 'zod';
import { MAX_INT, isCount } from '../domain/int.ts';
import { parseTimestamp } from '../domain/timestamp.ts';
import { GatewayError } from './errors.ts';

// Tolerant in what it accepts: unknown fields are dropped, absent ones are null, and a text that should be a time
// but is none is an unknown time. Only a wrong JSON type is a violation.
const text = z.string().nullish();
/** Null and `""` both say "nothing". */
export const textOrNothing = text.transform((value) => (value === '' ? null : (value ?? null)));
export const time = text.transform(parseTimestamp);
/** `1e400` is a number in JSON, but Infinity here, which zod takes for no number. */
const number = z.preprocess(
  (value) => (value === Infinity || value === -Infinity ? null : value),
  z.number().nullish(),
);
/** Whole seconds; null for what is no length of time, or is past GraphQL's Int. */
export const seconds = number.transform((value) =>
  typeof value === 'number' && value >= 0 && value <= MAX_INT ? Math.floor(value) : null,
);
export const tokenCount = number.transform((value) => (isCount(value) ? value : null));

/** The message names where and which type; never a value, which may be anybody's data. */
export function check<Schema extends z.ZodType>(what: string, schema: Schema, json: unknown): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const expected = issue?.code === 'invalid_type' ? issue.expected : 'another shape';
  throw new GatewayError(
    'UPSTREAM_CONTRACT_VIOLATION',
    `the upstream's answer for ${what} is not what its contract says: expected ${expected} at ${jsonPath(path)}, got ${typeAt(json, path)}`,
  );
}

const jsonPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => text + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`), '$');

function typeAt(json: unknown, path: readonly PropertyKey[]): string {
  let value = json;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return value === undefined ? 'nothing' : typeof value;
}
