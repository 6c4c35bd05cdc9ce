/** Whole answers on the wire: lists whose items are read one by one, and single objects. */
import { GatewayError } from '../errors.ts';
import type { JsonAnswer, JsonItem, MaxBytes } from '../transport/json-answer.ts';
import { MAX_ITEMS } from '../transport/json-outline.ts';
import type { ReportDeviation } from './deviations.ts';
import { isObject, typeOf, type WireFields, type WireObject } from './fields.ts';

/** What a list holds: the name of its answer and of one item, what is read of an item at once, and whether an object is one. */
export interface ListOf {
  readonly answer: string;
  readonly item: string;
  readonly fields: MaxBytes;
  readonly isItem: (fields: WireFields) => boolean;
  /** One item may come without its list. */
  readonly mayBeBare?: true;
}

/** Reads one item: null for one of another kind. */
export type ReadItem<T> = (object: WireObject | null, item: JsonItem, index: number) => T;

/**
 * Reads an answer that must be a list. An item of another kind is reported: it must not lose its neighbours. A list of nothing else is
 * another answer altogether: that is a violation. `limit`: no more were asked for, and no more are read. Yields after each item.
 */
export function* itemsIn<T>(
  list: ListOf,
  json: JsonAnswer,
  report: ReportDeviation,
  read: ReadItem<T>,
  limit = Infinity,
): Generator<void, T[], void> {
  const { answer, item: kind, fields, isItem } = list;
  if (!json.isList) return [bareItem(list, json, report, read)];
  if (json.itemCount > limit) report(answer, 'read', `at most ${limit} items`, 'more');
  if (Math.min(json.itemCount, limit) > MAX_ITEMS) {
    const message = `the upstream's answer for ${answer} has more than ${MAX_ITEMS} items`;
    throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', message);
  }
  const path = `${answer}[]`;
  const unreadable: unknown[] = [];
  const results: T[] = [];
  for (const [index, item] of json.items.slice(0, limit).entries()) {
    const value = item.read(fields);
    const isReadable = isObject(value) && isItem(value);
    if (!isReadable) unreadable.push(value);
    results.push(read(isReadable ? wireObject(item, value, list, path, report) : null, item, index));
    yield;
  }
  if (unreadable.length === 0) return results;
  if (unreadable.length === results.length) throw violation(answer, kind, '$[0]', unreadable[0]);
  for (const value of unreadable) report(path, 'lost', kind, typeOf(value));
  return results;
}

function bareItem<T>(list: ListOf, json: JsonAnswer, report: ReportDeviation, read: ReadItem<T>): T {
  const { answer, fields, isItem, mayBeBare } = list;
  const [item] = json.items;
  const value = item?.read(fields);
  if (!item || !mayBeBare || !isObject(value) || !isItem(value)) throw violation(answer, 'array', '$', value);
  report(answer, 'read', 'array', 'object');
  return read(wireObject(item, value, list, `${answer}[]`, report), item, 0);
}

/** What is read of an answer that is an object. */
export interface ObjectOf {
  readonly answer: string;
  readonly fields: MaxBytes;
}

export function objectIn(object: ObjectOf, json: JsonAnswer, report: ReportDeviation): WireObject {
  const { answer, fields } = object;
  const [item] = json.items;
  const read = json.isList ? [] : item?.read(fields);
  if (item && isObject(read)) return wireObject(item, read, object, answer, report);
  throw violation(answer, 'object', '$', read);
}

function wireObject(
  item: JsonItem,
  read: WireFields,
  { fields }: Pick<ListOf, 'fields'>,
  path: string,
  report: ReportDeviation,
): WireObject {
  return { fields: read, exact: () => item.read(fields, true) as WireFields, path, report };
}

/** The message names position and type, never the value: it may be confidential. */
export const violation = (answer: string, expected: string, path: string, value: unknown): GatewayError =>
  new GatewayError('UPSTREAM_CONTRACT_VIOLATION', problemAt(answer, expected, path, value));

export const problemAt = (answer: string, expected: string, path: string, value: unknown): string =>
  `the upstream's answer for ${answer} is not what its contract says: expected ${expected} at ${path}, got ${typeOf(value)}`;
