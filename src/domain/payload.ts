/** Compares payloads by value, regardless of formatting. */
import { createHash, hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { canonicalJson, unwritable, writeCanonicalJson } from './json.ts';
import type { JsonValue, PayloadField, PayloadValues } from './facts.ts';

const FIELDS: readonly PayloadField[] = ['inputs', 'outputs', 'metadata', 'waitRequest'];

export const isSamePayload = (one: PayloadValues, another: PayloadValues): boolean =>
  FIELDS.every((field) => isSameField(one[field], another[field]));

const HASHED_AT_ONCE = 65_536;

/** Equal for equal payloads. */
export function digestOf(values: PayloadValues): string {
  const digest = createHash('sha256');
  let text = '';
  const write = (piece: string): void => {
    text += piece;
    if (text.length < HASHED_AT_ONCE) return;
    digest.update(text);
    text = '';
  };
  for (const field of FIELDS) {
    const problem = unwritable(values[field]);
    // No JSON begins with a space.
    if (problem === null) writeCanonicalJson(values[field], write);
    else write(` ${problem}`);
    write('\n');
  }
  return digest.update(text).digest('base64url');
}

const sha256Of = (inputs: JsonValue): string => hash('sha256', canonicalJson(inputs), 'base64url');

/** Equal for equal inputs. Null for empty and unreadable ones, which don't identify what an execution repeats. */
export const hashOfInputs = (inputs: JsonValue, hashOf = sha256Of): string | null =>
  isEmpty(inputs) || unwritable(inputs) !== null ? null : hashOf(inputs);

const isEmpty = (value: JsonValue): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);

/** Unreadable values are equal if their problems are, since they may be nested too deep to compare. */
function isSameField(one: JsonValue, another: JsonValue): boolean {
  const [problem, otherProblem] = [unwritable(one), unwritable(another)];
  return problem === null && otherProblem === null ? isDeepStrictEqual(one, another) : problem === otherProblem;
}
