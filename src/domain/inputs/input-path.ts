/** Paths into the inputs of a run: dotted names and indexes, such as `customer.region` or `items[0]."odd key"`. */
import { isJsonArray, isJsonObject } from '../json.ts';
import type { JsonValue } from '../types.ts';

export type InputPath = readonly (string | number)[];

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** One part of a path: a name after a dot (except for the first one), or an index. */
const PART = /(\.?)(?:([A-Za-z_][A-Za-z0-9_]*)|("(?:[^"\\]|\\.)*"))|\[(-?\d{1,9})\]/y;

export const MAX_PATH_LENGTH = 1000;

/** The inverse of `parseInputPath`. Names that aren't identifiers are quoted, as in JMESPath. */
export function inputPathText(path: InputPath): string {
  const parts = path.map((part) => {
    if (typeof part === 'number') return `[${part}]`;
    return `.${IDENTIFIER.test(part) ? part : JSON.stringify(part)}`;
  });
  // Only later names begin with a dot.
  return parts.join('').replace(/^\./, '');
}

/** Returns null if the string isn't a path. */
export function parseInputPath(text: string): InputPath | null {
  const parts: (string | number)[] = [];
  if (text === '' || text.length > MAX_PATH_LENGTH) return null;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const match = PART.exec(text);
    if (!match) return null;
    const [, dot, name, quoted, index] = match;
    if (index !== undefined) parts.push(Number(index));
    else {
      // The first name has no dot, each later one does.
      if ((dot === '.') !== parts.length > 0) return null;
      const key = name ?? keyOf(quoted ?? '');
      if (key === null) return null;
      parts.push(key);
    }
  }
  return parts;
}

function keyOf(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null;
  }
}

/** Returns null if there is nothing at the path. A negative index counts from the end. */
export function valueAt(value: JsonValue, path: InputPath): JsonValue {
  let found: JsonValue | undefined = value;
  for (const part of path) {
    if (typeof part === 'number') found = isJsonArray(found) ? found.at(part) : undefined;
    else found = isJsonObject(found) && Object.hasOwn(found, part) ? found[part] : undefined;
    if (found === undefined || found === null) return null;
  }
  return found ?? null;
}
