/** JSON values of an embedder. An invalid value would fail the whole answer, or close its WebSocket. */
import { unwritable } from '../../domain/json.ts';
import type { JsonValue } from '../../domain/types.ts';
import { settleAll } from '../lists/settle.ts';

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';

/** Returns the value as JSON. Throws for a `bigint`, a cycle, or too many levels. */
export function asJson(value: unknown): unknown {
  if (value === undefined || value instanceof Error) return value;
  if (isThenable(value)) return Promise.resolve(value).then(asJson);
  // Undefined for a function or a symbol.
  const text = JSON.stringify(value) as string | undefined;
  const json = JSON.parse(text ?? 'null') as JsonValue;
  const problem = unwritable(json);
  if (problem === null) return json;
  throw new Error(`The value must be JSON: ${problem}`);
}

/** An item that cannot be serialized becomes an Error in its place. */
export function asJsonItems(list: unknown): unknown {
  if (isThenable(list)) return Promise.resolve(list).then(asJsonItems);
  return isIterable(list) ? settleAll<unknown, unknown>([...list], asJson) : list;
}

/** GraphQL accepts any iterable as a list, but only the objects of an array are counted. */
export const asItems = (list: unknown): unknown => (isIterable(list) ? [...list] : list);

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;
