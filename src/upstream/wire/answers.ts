/** Whole answers on the wire: lists whose items are read one by one, and single objects. */
import type { ReportDeviation } from './deviations.ts';
import { GatewayError } from '../errors.ts';
import { isObject, typeOf, type WireFields, type WireObject } from './fields.ts';

/** What a list holds: the name of its answer and of one item, and whether an object is one. */
export interface ListOf {
  readonly answer: string;
  readonly item: string;
  readonly isItem: (fields: WireFields) => boolean;
}

/** An item may take two bytes of an answer and hundreds once it is read. Runs have far fewer steps. */
const MAX_ITEMS = 100_000;

/**
 * Reads an answer that must be a list. An item of another kind is null, and reported: it must not lose its neighbours. A list
 * of nothing else is another answer altogether: that is a violation.
 */
export function itemsIn({ answer, item, isItem }: ListOf, json: unknown, report: ReportDeviation) {
  if (!Array.isArray(json)) throw violation(answer, 'array', '$', json);
  if (json.length > MAX_ITEMS) {
    const message = `the upstream's answer for ${answer} has more than ${MAX_ITEMS} items`;
    throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', message);
  }
  const path = `${answer}[]`;
  let unreadable = 0;
  const objects = (json as readonly unknown[]).map((value): WireObject | null => {
    if (isObject(value) && isItem(value)) return { fields: value, path, report };
    unreadable += 1;
    return null;
  });
  if (unreadable === 0) return objects;
  if (unreadable === objects.length) throw violation(answer, item, '$[0]', json[0]);
  for (const [index, object] of objects.entries()) if (!object) report(path, 'lost', item, typeOf(json[index]));
  return objects;
}

/** Reads an answer that must be an object. */
export function objectIn(answer: string, json: unknown, report: ReportDeviation): WireObject {
  if (isObject(json)) return { fields: json, path: answer, report };
  throw violation(answer, 'object', '$', json);
}

/** The message names position and type, never the value: it may be confidential. */
export const violation = (answer: string, expected: string, path: string, value: unknown): GatewayError =>
  new GatewayError('UPSTREAM_CONTRACT_VIOLATION', problemAt(answer, expected, path, value));

export const problemAt = (answer: string, expected: string, path: string, value: unknown): string =>
  `the upstream's answer for ${answer} is not what its contract says: expected ${expected} at ${path}, got ${typeOf(value)}`;
