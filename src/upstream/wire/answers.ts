/** Whole responses on the wire: lists, read item by item, and single objects. */
import { OtherFormError, type GatewayError } from '../errors.ts';
import type { JsonBody } from '../transport/json-body.ts';
import type { ReportDeviation } from './deviations.ts';
import { isObject, typeOf, type WireFields, type WireObject } from './fields.ts';

/** Kind of a list: the names of its response and of one item, and a test for items. */
export interface ListOf {
  readonly answer: string;
  readonly item: string;
  readonly isItem: (fields: WireFields) => boolean;
  /** Whether one item may come without its list. */
  readonly mayBeBare?: true;
}

/** Reads one item. `object` is null for an item of another kind. */
export type ReadItem<T> = (object: WireObject | null, item: unknown, index: number) => T;

/** Maximum number of items. Runs have far fewer steps. */
export const MAX_ITEMS = 25_000;

/** Reads a list. Items of another kind are reported; a list with nothing else is a violation. */
export function itemsIn<T>(
  list: ListOf,
  json: JsonBody,
  report: ReportDeviation,
  read: ReadItem<T>,
  limit = Infinity,
): T[] {
  const { answer, item: kind, isItem } = list;
  if (!Array.isArray(json.value)) return [bareItem(list, json, report, read)];
  const items = json.value as readonly unknown[];
  if (items.length > limit) report(answer, 'read', `at most ${limit} items`, 'more');
  if (Math.min(items.length, limit) > MAX_ITEMS) {
    const message = `The upstream's response for ${answer} must have at most ${MAX_ITEMS} items, got more.`;
    throw new OtherFormError(message);
  }
  const path = `${answer}[]`;
  const unreadable: unknown[] = [];
  const results: T[] = [];
  for (const [index, item] of items.slice(0, limit).entries()) {
    const isReadable = isObject(item) && isItem(item);
    if (!isReadable) unreadable.push(item);
    results.push(read(isReadable ? { fields: item, path, report } : null, item, index));
  }
  if (unreadable.length === 0) return results;
  if (unreadable.length === results.length) throw violation(answer, kind, '$[0]', unreadable[0]);
  for (const item of unreadable) report(path, 'lost', kind, typeOf(item));
  return results;
}

function bareItem<T>(list: ListOf, json: JsonBody, report: ReportDeviation, read: ReadItem<T>): T {
  const { answer, isItem, mayBeBare } = list;
  const { value } = json;
  if (!mayBeBare || !isObject(value) || !isItem(value)) throw violation(answer, 'array', '$', value);
  report(answer, 'read', 'array', 'object');
  return read({ fields: value, path: `${answer}[]`, report }, value, 0);
}

export function objectIn(answer: string, json: JsonBody, report: ReportDeviation): WireObject {
  if (isObject(json.value)) return { fields: json.value, path: answer, report };
  throw violation(answer, 'object', '$', json.value);
}

/** The message contains position and type, never the value, which may be confidential. */
export const violation = (answer: string, expected: string, path: string, value: unknown): GatewayError =>
  new OtherFormError(problemAt(answer, expected, path, value));

export const problemAt = (answer: string, expected: string, path: string, value: unknown): string =>
  `The upstream's response for ${answer} is invalid: expected ${expected} at ${path}, got ${typeOf(value)}.`;
