/** The functions of the JMESPath specification by name. All take linear time, but for sorting. */
import { isJsonArray } from '../json.ts';
import type { JsonValue } from '../types.ts';
import { costOfFields, costOfText, type Spend } from './budget.ts';
import { InvalidPathError } from './invalid-path-error.ts';
import { jsonLength } from './json-length.ts';
import { isEqual } from './operators.ts';
import { orderingFunctions } from './ordering-functions.ts';
import {
  any,
  array,
  arrayOf,
  define,
  defineVariadic,
  either,
  number,
  object,
  reference,
  string,
  typeOf,
  type Argument,
  type PathFunction,
} from './parameters.ts';
import { textFunctions } from './text-functions.ts';
import { countCharacters, includes } from './text.ts';

const functions: ReadonlyMap<string, PathFunction> = new Map(
  Object.entries({
    ...orderingFunctions,
    ...textFunctions,
    abs: define([number], ([value]) => Math.abs(value)),
    avg: define([arrayOf(number)], ([values]) => (values.length > 0 ? sum(values) / values.length : null)),
    ceil: define([number], ([value]) => Math.ceil(value)),
    contains: define([either(array, string), any], ([subject, search], spend) => {
      if (typeof subject !== 'string') return subject.some((item) => isEqual(item, search, spend));
      return typeof search === 'string' && includes(subject, search, spend);
    }),
    floor: define([number], ([value]) => Math.floor(value)),
    from_items: define([arrayOf(array)], ([items], spend) => {
      spend(costOfFields(items.length));
      return Object.fromEntries(items.map(entryOf));
    }),
    items: define([object], ([fields]) => Object.entries(fields)),
    keys: define([object], ([fields]) => Object.keys(fields)),
    length: define([either(string, either(array, object))], ([subject]) => {
      if (typeof subject === 'string') return countCharacters(subject);
      return isJsonArray(subject) ? subject.length : Object.keys(subject).length;
    }),
    map: define([reference, array], ([answer, values]) => values.map((value) => answer(value))),
    merge: defineVariadic(object, (objects, spend) => {
      const entries = objects.flatMap((fields) => Object.entries(fields));
      spend(costOfFields(entries.length));
      return Object.fromEntries(entries);
    }),
    not_null: defineVariadic(any, (values) => values.find((value) => value !== null) ?? null),
    reverse: define([either(string, array)], ([subject], spend) => {
      if (typeof subject !== 'string') return subject.toReversed();
      spend(subject.length);
      return Array.from(subject).reverse().join('');
    }),
    sum: define([arrayOf(number)], ([values]) => sum(values)),
    to_array: define([any], ([value]) => (isJsonArray(value) ? value : [value])),
    to_number: define([any], ([value], spend) => toNumber(value, spend)),
    to_string: define([any], ([value], spend) => toText(value, spend)),
    type: define([any], ([value]) => typeOf(value)),
    values: define([object], ([fields]) => Object.values(fields)),
    zip: defineVariadic(array, (lists, spend) => {
      const length = Math.min(...lists.map((list) => list.length));
      spend(length * lists.length);
      return Array.from({ length }, (_, i) => lists.map((list) => list[i] ?? null));
    }),
  }),
);

export const functionNames: readonly string[] = [...functions.keys()].sort();

export function callFunction(name: string, args: readonly Argument[], spend: Spend): JsonValue {
  const called = functions.get(name);
  if (called) return called(name, args, spend);
  throw new InvalidPathError(`expected one of the functions ${functionNames.join(', ')}, got ${name}`);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function entryOf([key, value, ...rest]: readonly JsonValue[]): [string, JsonValue] {
  if (typeof key === 'string' && value !== undefined && rest.length === 0) return [key, value];
  throw new InvalidPathError('from_items() expected pairs of a string and a value');
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function toNumber(value: JsonValue, spend: Spend): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  spend(costOfText(value.length));
  return JSON_NUMBER.test(value) ? Number(value) : null;
}

function toText(value: JsonValue, spend: Spend): string {
  if (typeof value === 'string') return value;
  spend(costOfText(jsonLength(value, Infinity, spend)));
  try {
    return JSON.stringify(value);
  } catch {
    throw new InvalidPathError('to_string() expected a value that is nested less deeply');
  }
}
