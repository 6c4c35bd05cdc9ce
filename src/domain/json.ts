/** Reading fields out of JSON of unknown shape. Only own fields count: `constructor` is not a field of `{}`. */
import type { JsonValue } from './types.ts';

export type JsonObject = Readonly<Record<string, JsonValue>>;

export const isJsonObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined where `value` is no object, or has no such field of its own. */
export const fieldOf = (value: JsonValue | undefined, key: string): JsonValue | undefined =>
  isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/**
 * The length of `JSON.stringify(value)`, given up as soon as it passes `limit`: then some number above `limit`.
 * The early end matters where one part is shared by many, so that a small value would print as an endless text.
 */
export function jsonTextLength(value: JsonValue, limit: number): number {
  const rest: JsonValue[] = [value];
  let length = 0;
  for (let next = rest.pop(); next !== undefined && length <= limit; next = rest.pop()) {
    if (Array.isArray(next) || isJsonObject(next)) {
      const keys = Array.isArray(next) ? null : Object.keys(next);
      const children: readonly JsonValue[] = Object.values(next);
      length += 2 + Math.max(0, children.length - 1);
      for (const key of keys ?? []) length += JSON.stringify(key).length + 1;
      for (const child of children) rest.push(child);
    } else {
      length += JSON.stringify(next).length;
    }
  }
  return length;
}
