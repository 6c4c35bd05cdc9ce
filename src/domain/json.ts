/** Reading fields out of JSON of unknown shape. Only own fields count: `constructor` is not a field of `{}`. */
import type { JsonObject, JsonValue } from './types.ts';

export const isJsonObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Unlike Array.isArray, it tells the compiler what the items are. */
export const isJsonArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

/** Undefined where `value` is no object, or has no such field of its own. */
export const fieldOf = (value: JsonValue | undefined, key: string): JsonValue | undefined =>
  isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** JSON nested deeper than this is not read: `JSON.stringify` and whatever else recurses would overflow the stack. */
export const MAX_JSON_DEPTH = 200;

/**
 * True if lists and objects are nested deeper than `maxDepth` levels; `[[1]]` has two. Goes level by level, without
 * recursion. For parsed JSON: a value whose parts are shared is walked once for each place that a part stands in.
 */
export function isDeeperThan(value: JsonValue, maxDepth: number): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 0; depth < maxDepth && level.length > 0; depth += 1) level = nextLevel(level, () => false) ?? [];
  return level.length > 0;
}

export const TOO_DEEP = `nested deeper than ${MAX_JSON_DEPTH} levels`;
export const NOT_FINITE = 'a number is beyond what a double holds';

/** A number such as `1e400`: JSON.parse reads it as Infinity, which JSON.stringify would write as null. */
const isInfinite = (value: JsonValue): boolean => typeof value === 'number' && !Number.isFinite(value);

/** Why a value can't be answered as JSON; null if it can. Goes level by level, without recursion. */
export function unwritable(value: JsonValue): string | null {
  let level: Container[] = [[value]];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_JSON_DEPTH) return TOO_DEEP;
    const next = nextLevel(level, isInfinite);
    if (!next) return NOT_FINITE;
    level = next;
  }
  return null;
}

/** The lists and objects that stand in these; null where a value is refused. */
function nextLevel(level: readonly Container[], isRefused: (value: JsonValue) => boolean): Container[] | null {
  const next: Container[] = [];
  const look = (child: JsonValue): boolean => {
    if (isContainer(child)) next.push(child);
    return isRefused(child);
  };
  for (const container of level) {
    if (isJsonArray(container) ? container.some(look) : someField(container, look)) return null;
  }
  return next;
}

/** Object.values would make a list: of a hundred thousand fields that takes twice as long. */
function someField(object: JsonObject, test: (child: JsonValue) => boolean): boolean {
  for (const key in object) if (test(object[key] ?? null)) return true;
  return false;
}

type Container = JsonObject | readonly JsonValue[];

const isContainer = (value: JsonValue): value is Container => typeof value === 'object' && value !== null;

/** True if a leaf of the value is such a one. Goes without recursion. */
export function hasLeaf(value: JsonValue, isSuchLeaf: (leaf: JsonValue) => boolean): boolean {
  const rest: JsonValue[] = [value];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (!isContainer(next)) {
      if (isSuchLeaf(next)) return true;
    } else for (const child of Object.values<JsonValue>(next)) rest.push(child);
  }
  return false;
}
