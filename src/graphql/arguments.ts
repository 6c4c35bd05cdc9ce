/** Checks of arguments that the schema's types can't express; each throws BAD_USER_INPUT. */
import { evaluatePath, InvalidPathError } from '../domain/json-path.ts';
import type { JsonValue } from '../domain/types.ts';
import { GatewayError } from '../upstream/errors.ts';

export const MAX_LIST_SIZE = 100;

/** Answers `first`, if it is from 1 to 100. */
export function checkFirst(first: number): number {
  if (first >= 1 && first <= MAX_LIST_SIZE) return first;
  throw new GatewayError('BAD_USER_INPUT', `first: expected 1 to ${MAX_LIST_SIZE}, got ${first}`);
}

export function checkIdCount<Id>(ids: readonly Id[]): readonly Id[] {
  if (ids.length <= MAX_LIST_SIZE) return ids;
  throw new GatewayError('BAD_USER_INPUT', `ids: expected at most ${MAX_LIST_SIZE}, got ${ids.length}`);
}

/** What a JMESPath expression finds in a payload; the payload itself without one. */
export function pick(payload: JsonValue, path: string | null | undefined): JsonValue {
  if (path == null) return payload;
  try {
    return evaluatePath(path, payload);
  } catch (error) {
    if (error instanceof InvalidPathError) throw new GatewayError('BAD_USER_INPUT', `path: ${error.message}`);
    throw error;
  }
}

/** The size of a payload as JSON text, in bytes; 0 for none. */
export const sizeBytes = (payload: JsonValue): number =>
  payload === null ? 0 : Buffer.byteLength(JSON.stringify(payload), 'utf8');
