/** Whole answers on the wire: lists whose items are read one by one, and single objects. */
import { GatewayError } from '../errors.ts';
import type { JsonText } from '../transport/json-text.ts';
import type { ReportDeviation } from './deviations.ts';
import { isObject, typeOf, type WireFields, type WireObject } from './fields.ts';

/** An answer that is JSON: `read(true)` has integers beyond 2^53 as text. */
export type Answer = Pick<JsonText, 'read'>;

/** What a list holds: the name of its answer and of one item, and whether an object is one. */
export interface ListOf {
  readonly answer: string;
  readonly item: string;
  readonly isItem: (fields: WireFields) => boolean;
}

/** To read so many takes 0.2 s where each field deviates, and nobody is answered meanwhile. Runs have far fewer steps. */
const MAX_ITEMS = 25_000;

/**
 * Reads an answer that must be a list. An item of another kind is null, and reported: it must not lose its neighbours. A list
 * of nothing else is another answer altogether: that is a violation. `limit`: no more were asked for, and no more are read.
 */
export function itemsIn({ answer, item, isItem }: ListOf, json: Answer, report: ReportDeviation, limit = Infinity) {
  const all = json.read();
  if (!Array.isArray(all)) throw violation(answer, 'array', '$', all);
  if (all.length > limit) report(answer, 'read', `at most ${limit} items`, 'more');
  const values: readonly unknown[] = all.slice(0, limit);
  if (values.length > MAX_ITEMS) {
    const message = `the upstream's answer for ${answer} has more than ${MAX_ITEMS} items`;
    throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', message);
  }
  const path = `${answer}[]`;
  let unreadable = 0;
  const objects = values.map((value, index): WireObject | null => {
    if (isObject(value) && isItem(value)) {
      return { fields: value, exact: () => (json.read(true) as readonly WireFields[])[index] ?? value, path, report };
    }
    unreadable += 1;
    return null;
  });
  if (unreadable === 0) return objects;
  if (unreadable === objects.length) throw violation(answer, item, '$[0]', values[0]);
  for (const [index, object] of objects.entries()) if (!object) report(path, 'lost', item, typeOf(values[index]));
  return objects;
}

/** Reads an answer that must be an object. */
export function objectIn(answer: string, json: Answer, report: ReportDeviation): WireObject {
  const value = json.read();
  if (isObject(value)) return { fields: value, exact: () => json.read(true) as WireFields, path: answer, report };
  throw violation(answer, 'object', '$', value);
}

/** The message names position and type, never the value: it may be confidential. */
export const violation = (answer: string, expected: string, path: string, value: unknown): GatewayError =>
  new GatewayError('UPSTREAM_CONTRACT_VIOLATION', problemAt(answer, expected, path, value));

export const problemAt = (answer: string, expected: string, path: string, value: unknown): string =>
  `the upstream's answer for ${answer} is not what its contract says: expected ${expected} at ${path}, got ${typeOf(value)}`;
