/** Compares payloads by value, independent of their formatting. */
import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { canonicalJson, unwritable } from './json.ts';
import type { JsonValue, PayloadField, PayloadValues } from './facts.ts';

const FIELDS: readonly PayloadField[] = ['inputs', 'outputs', 'metadata'];

export const isSamePayload = (one: PayloadValues, another: PayloadValues): boolean =>
  FIELDS.every((field) => isSameField(one[field], another[field]));

/** Equal for the same payloads. */
export const digestOf = (values: PayloadValues): string =>
  hash(
    'sha256',
    FIELDS.map((field) => unwritable(values[field]) ?? ` ${canonicalJson(values[field])}`).join('\n'),
    'base64url',
  );

/** Equal for equal inputs. Null for empty and unreadable ones, which do not identify what an execution repeats. */
export const hashOfInputs = (inputs: JsonValue): string | null =>
  isEmpty(inputs) || unwritable(inputs) !== null ? null : hash('sha256', canonicalJson(inputs), 'base64url');

const isEmpty = (value: JsonValue): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);

/** Unreadable values are equal if their problems are. They may be nested too deep to compare. */
function isSameField(one: JsonValue, another: JsonValue): boolean {
  const [problem, otherProblem] = [unwritable(one), unwritable(another)];
  return problem === null && otherProblem === null ? isDeepStrictEqual(one, another) : problem === otherProblem;
}
