/** The values of a run's inputs by path, as far as they are compared with other runs. */
import { isJsonObject } from '../json.ts';
import { compareText } from '../order.ts';
import { REDACTED } from '../redaction/redactor.ts';
import type { JsonObject, JsonValue } from '../types.ts';
import { lengthOf, type Scalar } from './input-test.ts';

export interface InputValue {
  /** Keys joined by `SEPARATOR`: sorts like the keys, with parents before children. */
  readonly path: string;
  /** Value, or null for an object, an array, and a long or redacted string. */
  readonly value: Scalar | null;
  /** Length, or null for values other than arrays and strings. */
  readonly length: number | null;
}

export interface InputValues {
  /** In path order. */
  readonly values: readonly InputValue[];
  /** Whether paths after the last value are unknown. */
  readonly isCut: boolean;
}

export const SEPARATOR = '\0';
export const MAX_PATHS = 200;
const MAX_LEVELS = 5;
/** Longer strings are compared by length only. */
export const MAX_EQUAL_LENGTH = 100;

/** Returns null unless the inputs are an object. Arrays aren't entered, and a null counts as missing. */
export function inputValues(inputs: JsonValue): InputValues | null {
  if (!isJsonObject(inputs)) return null;
  const values: InputValue[] = [];
  let isCut = false;

  function collect(object: JsonObject, prefix: string, level: number): void {
    for (const key of firstKeys(object)) {
      const member = object[key] ?? null;
      if (member === null) continue;
      if (values.length === MAX_PATHS) {
        isCut = true;
        return;
      }
      const path = prefix + key;
      values.push({ path, ...comparedOf(member) });
      if (level < MAX_LEVELS && isJsonObject(member)) collect(member, path + SEPARATOR, level + 1);
      if (isCut) return;
    }
  }

  collect(inputs, '', 1);
  return { values, isCut };
}

function comparedOf(member: JsonValue): Omit<InputValue, 'path'> {
  if (typeof member === 'string') {
    // The hidden part could be anything.
    if (member.includes(REDACTED)) return { value: null, length: null };
    return { value: member.length > MAX_EQUAL_LENGTH ? null : member, length: member.length };
  }
  if (typeof member === 'number' || typeof member === 'boolean') return { value: member, length: null };
  return { value: null, length: lengthOf(member) };
}

/** The first keys with a value, and one more. An object of a million keys isn't sorted as a whole. */
function firstKeys(object: JsonObject): readonly string[] {
  let keys: string[] = [];
  const mostKept = MAX_PATHS + 1;
  const keepFirst = (): void => {
    keys = keys.sort(compareText).slice(0, mostKept);
  };
  for (const key of Object.keys(object)) {
    if ((object[key] ?? null) === null || key.includes(SEPARATOR)) continue;
    keys.push(key);
    if (keys.length === 10 * mostKept) keepFirst();
  }
  keepFirst();
  return keys;
}

export const keysOfPath = (path: string): readonly string[] => path.split(SEPARATOR);
