/**
 * Checks what an embedder's code returns for a field. An invalid value would fail the whole response, or close its
 * WebSocket.
 */
import { unwritable } from '../../domain/json.ts';
import type { JsonValue } from '../../domain/types.ts';
import { settleAll } from '../lists/settle.ts';

type Check = (value: unknown) => unknown;

/**
 * Checks all fields of an extension. JSON that can't be written becomes an Error, even as a list item. Any iterable is
 * treated as a list, because only array items are counted.
 */
export function checkOf({ isJson, isList }: { readonly isJson: boolean; readonly isList: boolean }): Check {
  const item = settled(isJson ? asJson : (value) => value);
  return isList ? settled((list) => (isIterable(list) ? settleAll([...list], item) : list)) : item;
}

/** Converts any thenable to a promise, because executors disagree on other thenables. */
const settled =
  (check: Check): Check =>
  (value) =>
    isThenable(value) ? Promise.resolve(value).then(check) : check(value);

/** Throws for a `bigint`, a cycle, or too many levels. */
function asJson(value: unknown): unknown {
  if (value === undefined || value instanceof Error) return value;
  // Returns undefined for a function or symbol.
  const text = JSON.stringify(value) as string | undefined;
  const json = JSON.parse(text ?? 'null') as JsonValue;
  const problem = unwritable(json);
  if (problem === null) return json;
  throw new Error(`The value must be JSON: ${problem}`);
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;
