/** Tests of one value of a run's inputs. Common inputs are found, and lists filtered, by the same tests. */
import { isJsonArray } from '../json.ts';
import type { JsonValue } from '../types.ts';
import { valueAt, type InputPath } from './input-path.ts';

export type InputTest = 'EQUALS' | 'AT_LEAST' | 'BELOW' | 'LENGTH_AT_LEAST' | 'LENGTH_BELOW' | 'PRESENT' | 'MISSING';

export type Scalar = string | number | boolean;

export interface InputCondition {
  readonly path: InputPath;
  readonly test: InputTest;
  /** Compared with. Null for PRESENT and MISSING. */
  readonly value: Scalar | null;
}

/** A null is missing, as in JMESPath. */
export function passes(inputs: JsonValue, { path, test, value }: InputCondition): boolean {
  const found = valueAt(inputs, path);
  switch (test) {
    case 'PRESENT':
      return found !== null;
    case 'MISSING':
      return found === null;
    case 'EQUALS':
      return found === value && found !== null;
    case 'AT_LEAST':
      return typeof found === 'number' && found >= Number(value);
    case 'BELOW':
      return typeof found === 'number' && found < Number(value);
    case 'LENGTH_AT_LEAST':
      return (lengthOf(found) ?? -1) >= Number(value);
    case 'LENGTH_BELOW':
      return (lengthOf(found) ?? Infinity) < Number(value);
  }
}

/** Items of an array, UTF-16 units of a string. */
export const lengthOf = (value: JsonValue): number | null =>
  typeof value === 'string' || isJsonArray(value) ? value.length : null;
