/** Checks of arguments that types can't express. Each throws BAD_USER_INPUT. */
import { parseInputPath } from '../domain/inputs/input-path.ts';
import type { InputCondition, InputTest } from '../domain/inputs/input-test.ts';
import { InvalidPathError, parsePath, type PathBudget, type PathExpression } from '../domain/json-path/json-path.ts';
import { unwritable } from '../domain/json.ts';
import { jsonBytes } from '../domain/json-bytes.ts';
import { timestampOfMicros } from '../domain/timestamp.ts';
import type { JsonObject, JsonValue } from '../domain/types.ts';
import type { RunFilter, TimeWindow } from '../runs/history/run-history.ts';
import { REDACTED } from '../domain/redaction/redactor.ts';
import { GatewayError } from '../upstream/errors.ts';

export const MAX_LIST_SIZE = 100;
const MAX_RUNS_IN_STATISTICS = 1000;

const checkRange = (name: string, value: number, maximum: number): number => {
  if (value >= 1 && value <= maximum) return value;
  throw new GatewayError('BAD_USER_INPUT', `${name} must be from 1 to ${maximum}, got ${value}.`);
};

/** These return their argument. */
export const checkFirst = (first: number): number => checkRange('first', first, MAX_LIST_SIZE);
export const checkLast = (last: number): number => checkRange('last', last, MAX_RUNS_IN_STATISTICS);
export const checkBuckets = (buckets: number): number => checkRange('buckets', buckets, MAX_LIST_SIZE);
export const checkMaxBytes = (maxBytes: number): number => checkRange('maxBytes', maxBytes, 100_000);

export function checkIdCount<Id>(ids: readonly Id[], name = 'ids'): readonly Id[] {
  if (ids.length <= MAX_LIST_SIZE) return ids;
  throw new GatewayError('BAD_USER_INPUT', `${name} must have at most ${MAX_LIST_SIZE} ids, got ${ids.length}.`);
}

/** Maximum number of characters: the string is compared with each workflow, or with the error of each run. */
const MAX_SEARCH_LENGTH = 1000;

export function checkSearch(search: string | null): string | null {
  if (search === null || search.length <= MAX_SEARCH_LENGTH) return search;
  throw new GatewayError(
    'BAD_USER_INPUT',
    `search must have at most ${MAX_SEARCH_LENGTH} characters, got ${search.length}.`,
  );
}

/** Missing bounds become null. The end must not precede the start. */
export function timeWindow({ startedAfter = null, startedBefore = null }: NonNullable<GivenFilter>): TimeWindow {
  if (!startedAfter || !startedBefore || startedAfter.epochMicros <= startedBefore.epochMicros)
    return { startedAfter, startedBefore };
  const got = `${startedAfter.text} and ${startedBefore.text}`;
  throw new GatewayError('BAD_USER_INPUT', `startedAfter must not be later than startedBefore, got ${got}.`);
}

type Condition = 'status' | 'startedAfter' | 'startedBefore' | 'error' | 'search';

type GivenFilter =
  | ({ readonly [Key in Condition]?: RunFilter[Key] | undefined } & {
      readonly inputs?: readonly GivenInput[] | null | undefined;
      readonly minWallClockMs?: number | null | undefined;
    })
  | null
  | undefined;

/** Missing conditions become null. Statuses are deduplicated, because each run is compared with all of them. */
export const runFilter = (given: GivenFilter, nowMs: number): RunFilter | null =>
  given
    ? {
        status: given.status ? [...new Set(given.status)] : null,
        ...timeWindow(given),
        error: given.error == null ? null : checkFilterText('error', given.error).toLowerCase(),
        search: given.search == null ? null : checkFilterText('search', given.search).trim().toLowerCase(),
        inputs: checkInputFilters(given.inputs ?? []),
        wallClock:
          given.minWallClockMs == null ? null : { minMs: given.minWallClockMs, now: timestampOfMicros(nowMs * 1000) },
      }
    : null;

function checkFilterText(name: keyof RunFilter, text: string): string {
  if (text.length <= MAX_SEARCH_LENGTH && text.trim() !== '') return text;
  const got = text === '' ? 'an empty string' : text.trim() === '' ? 'only blanks' : `${text.length} characters`;
  throw new GatewayError(
    'BAD_USER_INPUT',
    `filter.${name} must have 1 to ${MAX_SEARCH_LENGTH} characters that are not all blank, got ${got}. Omit it for all runs.`,
  );
}

interface GivenInput {
  readonly path: string;
  readonly test?: InputTest | undefined;
  readonly value?: JsonValue | undefined;
}

const MAX_INPUT_FILTERS = 10;

function checkInputFilters(given: readonly GivenInput[]): readonly InputCondition[] {
  if (given.length <= MAX_INPUT_FILTERS) return given.map(checkInputFilter);
  throw new GatewayError(
    'BAD_USER_INPUT',
    `filter.inputs must have at most ${MAX_INPUT_FILTERS} conditions, got ${given.length}.`,
  );
}

function checkInputFilter({ path: text, test = 'EQUALS', value = null }: GivenInput, at: number): InputCondition {
  const wrong = (what: string) => new GatewayError('BAD_USER_INPUT', `filter.inputs[${at}].${what}`);
  const path = parseInputPath(text);
  if (!path) throw wrong('path must have dotted names and indexes, such as customer.region or items[0]."odd name".');
  const takesNone = test === 'PRESENT' || test === 'MISSING';
  const problem = takesNone ? (value === null ? null : 'no value') : problemOfValue(test, value);
  if (problem !== null) throw wrong(`value must be ${problem} for ${test}, got ${kindOf(value)}.`);
  // Boundary: checked above.
  return { path, test, value: value as InputCondition['value'] };
}

/** What the value must be, or null if it is valid. */
function problemOfValue(test: InputTest, value: JsonValue): string | null {
  if (test !== 'EQUALS') return typeof value === 'number' ? null : 'a number';
  return typeof value === 'object' ? 'a string, number or boolean' : null;
}

const kindOf = (value: JsonValue): string =>
  value === null
    ? 'none'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;

const MAX_SENT_BYTES = 2 ** 20;

/**
 * Returns the inputs if the upstream can accept them. Null becomes an empty object. With `readsRedacted`, values may be
 * placeholders.
 */
export function checkInputs(inputs: JsonValue, readsRedacted: boolean): JsonObject {
  if (typeof inputs !== 'object' || Array.isArray(inputs)) {
    const got = Array.isArray(inputs) ? 'a list' : `a ${typeof inputs}`;
    throw new GatewayError('BAD_USER_INPUT', `inputs must be an object, got ${got}.`);
  }
  return (checkSendable('inputs', inputs, readsRedacted) ?? {}) as JsonObject;
}

/** Returns the answer to a waiting step: any JSON. */
export const checkAnswer = (answer: JsonValue, readsRedacted: boolean): JsonValue =>
  checkSendable('answer', answer, readsRedacted);

function checkSendable(name: string, value: JsonValue, readsRedacted: boolean): JsonValue {
  // Size first, because it stops early: one variable of a megabyte may be used a thousand times.
  if (jsonBytes(value, MAX_SENT_BYTES) > MAX_SENT_BYTES) {
    throw new GatewayError('BAD_USER_INPUT', `${name} must have at most ${MAX_SENT_BYTES} bytes of JSON, got more.`);
  }
  const problem = unwritable(value);
  if (problem !== null)
    throw new GatewayError('BAD_USER_INPUT', `${name} must be JSON that the gateway can send: ${problem}.`);
  if (readsRedacted && hasText(value, REDACTED)) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      `${name} must not contain ${REDACTED}, which stands for what you may not read. Replace it, or ask for the right to read it.`,
    );
  }
  return value;
}

/** Whether a string or name in the value contains this string. */
function hasText(value: JsonValue, text: string): boolean {
  if (typeof value === 'string') return value.includes(text);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value as JsonObject).some(([name, inner]) => name.includes(text) || hasText(inner, text));
}

const MAX_KEY_LENGTH = 255;
const CONTROL = /\p{Cc}/u;

export function checkIdempotencyKey(key: string | null): string | null {
  const problem = key === null ? null : problemOfKey(key);
  if (problem === null) return key;
  throw new GatewayError(
    'BAD_USER_INPUT',
    `idempotencyKey must have 1 to ${MAX_KEY_LENGTH} characters without control characters, got ${problem}.`,
  );
}

function problemOfKey(key: string): string | null {
  if (key === '') return 'an empty string';
  if (key.length > MAX_KEY_LENGTH) return `${key.length} characters`;
  if (CONTROL.test(key)) return 'a control character';
  return key.isWellFormed() ? null : 'half of a surrogate pair';
}

/** The parsed JMESPath expression, or null. */
export const pathOf = (path: string | null | undefined, budget: PathBudget): PathExpression | null =>
  path == null ? null : withPathErrors(() => parsePath(path, budget));

export function withPathErrors<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof InvalidPathError) throw new GatewayError('BAD_USER_INPUT', `path: ${error.message}`);
    throw error;
  }
}
