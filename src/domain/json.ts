/** Reads fields of JSON of unknown shape. Only own fields count: `constructor` isn't a field of `{}`. */
import type { JsonObject, JsonValue } from './types.ts';

export const isJsonObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Unlike Array.isArray, narrows the type of the items. */
export const isJsonArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

/** Returns undefined if `value` isn't an object with its own field of this name. */
export const fieldOf = (value: JsonValue | undefined, key: string): JsonValue | undefined =>
  isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** Maximum depth: JSON.stringify and other recursive code would overflow the stack on deeper JSON. */
export const MAX_JSON_DEPTH = 200;

/** Whether lists and objects are nested deeper than `maxDepth` levels: `[[1]]` has two. Stops recursing there. */
export function isDeeperThan(value: JsonValue, maxDepth: number): boolean {
  if (!isContainer(value)) return false;
  if (maxDepth === 0) return true;
  if (isJsonArray(value)) return value.some((item) => isDeeperThan(item, maxDepth - 1));
  // Object.values would create a list, which takes twice as long for 100,000 fields.
  for (const key in value) if (isDeeperThan(value[key] ?? null, maxDepth - 1)) return true;
  return false;
}

export const TOO_DEEP = `nested deeper than ${MAX_JSON_DEPTH} levels`;
export const NOT_FINITE = 'a number exceeds the range of a double';

/** Why a value can't be sent as JSON, or null. JSON.parse reads `1e400` as Infinity. */
export function unwritable(value: JsonValue, maxDepth = MAX_JSON_DEPTH): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : NOT_FINITE;
  if (!isContainer(value)) return null;
  if (maxDepth === 0) return TOO_DEEP;
  if (isJsonArray(value)) {
    for (const item of value) {
      const problem = unwritable(item, maxDepth - 1);
      if (problem !== null) return problem;
    }
    return null;
  }
  for (const key in value) {
    const problem = unwritable(value[key] ?? null, maxDepth - 1);
    if (problem !== null) return problem;
  }
  return null;
}

type Container = JsonObject | readonly JsonValue[];

const isContainer = (value: JsonValue): value is Container => typeof value === 'object' && value !== null;

/** Returns the same string for equal values, regardless of field order. */
export function canonicalJson(value: unknown): string {
  const pieces: string[] = [];
  writeCanonicalJson(value, (piece) => pieces.push(piece));
  return pieces.join('');
}

/** Writes it in pieces: as one string, a million fields would take 100 MB. */
export function writeCanonicalJson(value: unknown, write: (piece: string) => void): void {
  if (Array.isArray(value)) {
    write('[');
    for (const [index, item] of value.entries()) {
      if (index > 0) write(',');
      writeCanonicalJson(item ?? null, write);
    }
    write(']');
  } else if (typeof value !== 'object' || value === null) write(JSON.stringify(value));
  else {
    const fields = value as Readonly<Record<string, unknown>>;
    // A missing variable is an undefined field, which isn't sent.
    const names = Object.keys(fields).filter((name) => fields[name] !== undefined);
    write('{');
    for (const [index, name] of names.sort().entries()) {
      write(`${index > 0 ? ',' : ''}${JSON.stringify(name)}:`);
      writeCanonicalJson(fields[name], write);
    }
    write('}');
  }
}
