/** Whole answers on the wire: lists whose items are read one by one, and single objects. */
import { GatewayError } from '../errors.ts';
import type { JsonAnswer, JsonItem } from '../transport/json-answer.ts';
import type { ReportDeviation } from './deviations.ts';
import { isObject, typeOf, type WireFields, type WireObject } from './fields.ts';
import { PAYLOAD_NAMES } from './payload-reader.ts';

/** What a list holds: the name of its answer and of one item, and whether an object is one. */
export interface ListOf {
  readonly answer: string;
  readonly item: string;
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
  const { answer, item } = list;
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
    const value = each.read(PAYLOAD_NAMES);
    if (isObject(value) && list.isItem(value)) return wireObject(each, value, path, report);
    unreadable.push(value);
    return null;
  });
  if (unreadable.length === 0) return objects;
  if (unreadable.length === objects.length) throw violation(answer, item, '$[0]', unreadable[0]);
  for (const value of unreadable) report(path, 'lost', item, typeOf(value));
  return objects;
}

function bareItem({ answer, isItem, mayBeBare }: ListOf, json: JsonAnswer, report: ReportDeviation): WireObject {
  const { item, value } = onlyItem(json);
  if (!mayBeBare || !isObject(value) || !isItem(value)) throw violation(answer, 'array', '$', value);
  report(answer, 'read', 'array', 'object');
  return wireObject(item, value, `${answer}[]`, report);
}

/** Reads an answer that must be an object. */
export function objectIn(answer: string, json: JsonAnswer, report: ReportDeviation): WireObject {
  if (json.isList) throw violation(answer, 'object', '$', []);
  const { item, value } = onlyItem(json);
  if (isObject(value)) return wireObject(item, value, answer, report);
  throw violation(answer, 'object', '$', value);
}

/** Of an answer that is no list. */
function onlyItem({ items: [item] }: JsonAnswer): { item: JsonItem; value: unknown } {
  if (!item) throw new Error('an answer that is no list has one item');
  return { item, value: item.read(PAYLOAD_NAMES) };
}

const wireObject = (item: JsonItem, fields: WireFields, path: string, report: ReportDeviation): WireObject => ({
  fields,
  exact: () => item.read(PAYLOAD_NAMES, true) as WireFields,
  path,
  report,
});

/** The message names position and type, never the value: it may be confidential. */
export const violation = (answer: string, expected: string, path: string, value: unknown): GatewayError =>
  new GatewayError('UPSTREAM_CONTRACT_VIOLATION', problemAt(answer, expected, path, value));

export const problemAt = (answer: string, expected: string, path: string, value: unknown): string =>
  `the upstream's answer for ${answer} is not what its contract says: expected ${expected} at ${path}, got ${typeOf(value)}`;
