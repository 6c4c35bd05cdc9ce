/** Whole answers on the wire: lists whose items are read one by one, and single objects. */
import { GatewayError } from '../errors.ts';
import type { JsonAnswer, JsonItem } from '../transport/json-answer.ts';
import type { ReportDeviation } from './deviations.ts';
import { isObject, typeOf, type WireFields, type WireObject } from './fields.ts';

/** What a list holds: the name of its answer and of one item, what is read of an item at once, and whether an object is one. */
export interface ListOf {
  readonly answer: string;
  readonly item: string;
  readonly names: ReadonlySet<string>;
  readonly isItem: (fields: WireFields) => boolean;
  /** One item may come without its list. */
  readonly mayBeBare?: true;
}

/** To read so many takes 0.2 s where each field deviates, and nobody is answered meanwhile. Runs have far fewer steps. */
const MAX_ITEMS = 25_000;

/**
 * Reads an answer that must be a list. An item of another kind is null, and reported: it must not lose its neighbours. A list
 * of nothing else is another answer altogether: that is a violation. `limit`: no more were asked for, and no more are read.
 */
export function itemsIn(list: ListOf, json: JsonAnswer, report: ReportDeviation, limit = Infinity) {
  const { answer, item, names, isItem } = list;
  if (!json.isList) return [bareItem(list, json, report)];
  if (json.items.length > limit) report(answer, 'read', `at most ${limit} items`, 'more');
  const items = json.items.slice(0, limit);
  if (items.length > MAX_ITEMS) {
    const message = `the upstream's answer for ${answer} has more than ${MAX_ITEMS} items`;
    throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', message);
  }
  const path = `${answer}[]`;
  const unreadable: unknown[] = [];
  const objects = items.map((each): WireObject | null => {
    const read = each.read(names);
    if (isObject(read) && isItem(read)) return wireObject(each, read, list, path, report);
    unreadable.push(read);
    return null;
  });
  if (unreadable.length === 0) return objects;
  if (unreadable.length === objects.length) throw violation(answer, item, '$[0]', unreadable[0]);
  for (const read of unreadable) report(path, 'lost', item, typeOf(read));
  return objects;
}

function bareItem(list: ListOf, json: JsonAnswer, report: ReportDeviation): WireObject {
  const { answer, names, isItem, mayBeBare } = list;
  const [item] = json.items;
  const read = item?.read(names);
  if (!item || !mayBeBare || !isObject(read) || !isItem(read)) throw violation(answer, 'array', '$', read);
  report(answer, 'read', 'array', 'object');
  return wireObject(item, read, list, `${answer}[]`, report);
}

/** What is read of an answer that is an object. */
export interface ObjectOf {
  readonly answer: string;
  readonly names: ReadonlySet<string>;
}

export function objectIn(object: ObjectOf, json: JsonAnswer, report: ReportDeviation): WireObject {
  const { answer, names } = object;
  const [item] = json.items;
  const read = json.isList ? [] : item?.read(names);
  if (item && isObject(read)) return wireObject(item, read, object, answer, report);
  throw violation(answer, 'object', '$', read);
}

function wireObject(
  item: JsonItem,
  fields: WireFields,
  { names }: Pick<ListOf, 'names'>,
  path: string,
  report: ReportDeviation,
): WireObject {
  return { fields, exact: () => item.read(names, true) as WireFields, path, report };
}

/** The message names position and type, never the value: it may be confidential. */
export const violation = (answer: string, expected: string, path: string, value: unknown): GatewayError =>
  new GatewayError('UPSTREAM_CONTRACT_VIOLATION', problemAt(answer, expected, path, value));

export const problemAt = (answer: string, expected: string, path: string, value: unknown): string =>
  `the upstream's answer for ${answer} is not what its contract says: expected ${expected} at ${path}, got ${typeOf(value)}`;
