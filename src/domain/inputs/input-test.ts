/** Tests of one value in a run's inputs. Finding common inputs and filtering lists use the same tests. */
import { isJsonArray } from '../json.ts';
import type { JsonValue } from '../types.ts';
import { valueAt, type InputPath } from './input-path.ts';

export type InputTest = 'EQUALS' | 'AT_LEAST' | 'BELOW' | 'LENGTH_AT_LEAST' | 'LENGTH_BELOW' | 'PRESENT' | 'MISSING';

export type Scalar = string | number | boolean;

export interface InputCondition {
  readonly path: InputPath;
  readonly test: InputTest;
  /** Value to compare with, or null for PRESENT and MISSING. */
  readonly value: Scalar | null;
}

/** A null counts as missing, as in JMESPath. */
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

/** Number of array items or UTF-16 code units. */
export const lengthOf = (value: JsonValue): number | null =>
  typeof value === 'string' || isJsonArray(value) ? value.length : null;
