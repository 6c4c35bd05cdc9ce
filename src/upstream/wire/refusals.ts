/** An upstream's reasons for rejecting the answer to a waiting step: `{ "errors": [{ "path", "message" }] }`. */
import type { FieldProblem } from '../errors.ts';
import { isObject } from './fields.ts';

/** A larger body isn't parsed, and further problems are omitted. */
const MAX_BYTES = 2 ** 16;
const MAX_PROBLEMS = 20;
const MAX_LENGTH = 500;

/** Reads what the body says is wrong, or nothing if it is malformed. */
export function fieldProblemsIn(body: Uint8Array): readonly FieldProblem[] {
  if (body.length > MAX_BYTES) return [];
  try {
    const refusal: unknown = JSON.parse(Buffer.from(body).toString());
    return isObject(refusal) ? fieldProblemsOf(refusal.errors) : [];
  } catch {
    return [];
  }
}

export function fieldProblemsOf(errors: unknown): readonly FieldProblem[] {
  if (!Array.isArray(errors)) return [];
  return (errors as readonly unknown[]).slice(0, MAX_PROBLEMS).flatMap((error) => {
    if (!isObject(error)) return [];
    const { path = '', message } = error;
    return typeof path === 'string' && typeof message === 'string'
      ? [{ path: path.slice(0, MAX_LENGTH), message: message.slice(0, MAX_LENGTH) }]
      : [];
  });
}
