/** Functions that the JMESPath library gets wrong or does in quadratic time, done anew, and what a call of any one costs. */
import { compareText } from '../order.ts';

/** One unit is about the time of one step of the interpreter, in which a function reads this many characters. */
const CHARACTERS_PER_UNIT = 8;

/** What it costs to look at a value and, in an array, at each item. */
export function costOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / CHARACTERS_PER_UNIT;
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null ? 1 + Object.keys(value).length : 1;
  return value.reduce<number>((sum, item) => sum + (typeof item === 'string' ? costOf(item) : 1), 1);
}

/** What a function costs that takes or builds more than it is given: from its arguments, as they are. */
export function extraCostOf(name: string, [first, second, third]: readonly unknown[]): number {
  switch (name) {
    case 'find_last': // searches backwards, character by character
    case 'join':
      return (lengthOf(first) * lengthOf(second)) / CHARACTERS_PER_UNIT;
    case 'replace':
      return ((lengthOf(first) + 1) * lengthOf(third)) / CHARACTERS_PER_UNIT;
    case 'pad_left':
    case 'pad_right':
      return typeof second === 'number' ? Math.max(0, second) / CHARACTERS_PER_UNIT : 0;
    default:
      return 0;
  }
}

const lengthOf = (value: unknown): number => (typeof value === 'string' || Array.isArray(value) ? value.length : 0);

type Key = number | string;

/** The library sorts numbers by their digits. */
export const sort = ([values]: [readonly Key[]]): Key[] => values.toSorted(compareKeys);

/** The library evaluates the keys anew for every comparison. */
export function sortByKeys<T>(values: readonly T[], keys: readonly unknown[]): T[] {
  const keyed = values.map((value, i) => ({ value, key: keyOf(keys[i], keys[0]) }));
  return keyed.sort((a, b) => compareKeys(a.key, b.key)).map(({ value }) => value);
}

function keyOf(key: unknown, sample: unknown): Key {
  if (typeof key === typeof sample && (typeof key === 'number' || typeof key === 'string')) return key;
  throw new Error('sort_by() expected its keys to be all numbers or all strings');
}

const compareKeys = (a: Key, b: Key): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : compareText(String(a), String(b));

/** The library expands `$&` in the replacement, and replaces what it has just put in. */
export function replace([subject, search, by, count = Infinity]: [string, string, string, number?]): string {
  if (count !== Infinity && !(Number.isInteger(count) && count >= 0)) {
    throw new Error(`replace() expected a whole number from 0 as its fourth argument, got ${count}`);
  }
  const parts = subject.split(search);
  const rest = parts.splice(Math.min(count, parts.length - 1) + 1);
  return [parts.join(by), ...rest].join(search);
}

type TrimArguments = [subject: string, characters?: string];

/** The library's patterns stop at the end of a line, and take quadratic time. */
export const trim = (args: TrimArguments): string => trimEnds(args, { left: true, right: true });
export const trimLeft = (args: TrimArguments): string => trimEnds(args, { left: true, right: false });
export const trimRight = (args: TrimArguments): string => trimEnds(args, { left: false, right: true });

function trimEnds([subject, characters]: TrimArguments, ends: { left: boolean; right: boolean }): string {
  const isTrimmed = (at: number): boolean =>
    characters ? characters.includes(subject.charAt(at)) : /[\s\u0085]/.test(subject.charAt(at));
  let from = 0;
  let to = subject.length;
  if (ends.left) while (from < to && isTrimmed(from)) from += 1;
  if (ends.right) while (to > from && isTrimmed(to - 1)) to -= 1;
  return subject.slice(from, to);
}
