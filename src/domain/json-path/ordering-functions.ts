/** The functions of JMESPath that order or group values by a key. */
import type { JsonValue } from '../types.ts';
import { costOfFields, costOfText, type Spend } from './budget.ts';
import { InvalidPathError } from './invalid-path-error.ts';
import { array, arrayOf, define, either, number, reference, string, typeOf, type Reference } from './parameters.ts';
import { compareByCharacters } from './text.ts';

type Key = number | string;

interface Keyed {
  readonly value: JsonValue;
  readonly key: Key;
}

/** All numbers or all strings. */
const keyList = either(arrayOf(number), arrayOf(string));

const keyedByItself = (values: readonly Key[]): Keyed[] => values.map((value) => ({ value, key: value }));

function keyedBy(name: string, values: readonly JsonValue[], keyOf: Reference): Keyed[] {
  const keys = values.map((value) => keyOf(value));
  if (!keyList.accepts(keys))
    throw new InvalidPathError(`${name}() expected its keys to be all numbers or all strings`);
  return values.flatMap((value, i) => {
    const key = keys[i];
    return key === undefined ? [] : { value, key };
  });
}

const compare = ({ key: a }: Keyed, { key: b }: Keyed): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : compareByCharacters(String(a), String(b));

/** Of comparing each of the items once. */
const costOf = (items: readonly Keyed[]): number =>
  items.reduce((sum, { key }) => sum + (typeof key === 'string' ? 1 + 2 * costOfText(key.length) : 1), 0);

function sort(items: readonly Keyed[], spend: Spend): JsonValue[] {
  spend(costOf(items) * Math.log2(items.length + 1));
  return items.toSorted(compare).map(({ value }) => value);
}

/** The first of those with the greatest key; of those with the least where `sign` is -1. */
function extreme(items: readonly Keyed[], sign: 1 | -1, spend: Spend): JsonValue {
  spend(costOf(items));
  const [first, ...rest] = items;
  return first ? rest.reduce((best, item) => (sign * compare(item, best) > 0 ? item : best), first).value : null;
}

function groupBy(values: readonly JsonValue[], keyOf: Reference, spend: Spend): JsonValue {
  const groups = Map.groupBy(values, (value) => {
    const key = keyOf(value);
    if (typeof key === 'string') return key;
    throw new InvalidPathError(`group_by() expected its keys to be strings, got type ${typeOf(key)}`);
  });
  spend(costOfFields(groups.size));
  return Object.fromEntries(groups);
}

export const orderingFunctions = {
  group_by: define([array, reference], ([values, keyOf], spend) => groupBy(values, keyOf, spend)),
  max: define([keyList], ([values], spend) => extreme(keyedByItself(values), 1, spend)),
  max_by: define([array, reference], ([values, keyOf], spend) => extreme(keyedBy('max_by', values, keyOf), 1, spend)),
  min: define([keyList], ([values], spend) => extreme(keyedByItself(values), -1, spend)),
  min_by: define([array, reference], ([values, keyOf], spend) => extreme(keyedBy('min_by', values, keyOf), -1, spend)),
  sort: define([keyList], ([values], spend) => sort(keyedByItself(values), spend)),
  sort_by: define([array, reference], ([values, keyOf], spend) => sort(keyedBy('sort_by', values, keyOf), spend)),
};
