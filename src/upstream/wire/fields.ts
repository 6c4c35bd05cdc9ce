/**
 * Tolerant readers of single fields on the wire. Values of another type are converted if possible, unreadable ones are
 * null, and both are reported as deviations. Unknown fields are ignored; absent optional fields are null.
 */
import { isCount } from '../../domain/int.ts';
import { isDeeperThan, MAX_JSON_DEPTH } from '../../domain/json.ts';
import type { StatusOf, StepStatus } from '../../domain/status.ts';
import { hasZone, parseTimestamp, timestampOfEpoch, type Timestamp } from '../../domain/timestamp.ts';
import type { JsonValue } from '../../domain/types.ts';
import { problemOf } from '../ids.ts';
import type { ReportDeviation } from './deviations.ts';

export type WireFields = Readonly<Record<string, unknown>>;

/** An object in a response, and its path in the contract, such as `steps[]`. */
export interface WireObject {
  /** Integers beyond 2^53 are strings: a rounded id would belong to another run or organization. */
  readonly fields: WireFields;
  readonly path: string;
  readonly report: ReportDeviation;
}

/** Replaces an unreadable item. Each field is null. */
export const NOTHING: WireObject = { fields: {}, path: '', report: () => undefined };

/** Returns null, and reports it, if the id is absent, empty, or neither a string nor a whole number. */
export function identifier(object: WireObject, key: string): string | null {
  const value = object.fields[key];
  if (typeof value === 'string' && value !== '') return value;
  return Number.isSafeInteger(value) ? readAs(String(value), object, key, 'string') : lost(object, key, 'string');
}

/** Returns a run's or workflow's id, or null, which is reported, if it can't be requested. */
export function requestableId(object: WireObject, key: string): string | null {
  const id = identifier(object, key);
  if (id === null || problemOf(id) === null) return id;
  object.report(`${object.path}.${key}`, 'lost', 'id that can be requested', 'another string');
  return null;
}

interface ReadStatus {
  readonly rawStatus: string;
  readonly status: StepStatus;
}

/** A missing status is `""`; missing and unknown ones are reported. */
export function statusOf(object: WireObject, key: string, ofWord: StatusOf): ReadStatus {
  const value = object.fields[key];
  const rawStatus = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const status = ofWord(rawStatus);
  if (status === 'UNKNOWN') {
    object.report(`${object.path}.${key}`, 'lost', 'known status', rawStatus === '' ? typeOf(value) : 'another word');
  }
  return { rawStatus, status };
}

/** Reads `""` as null. */
export function textOrNothing(object: WireObject, key: string): string | null {
  const value = object.fields[key];
  if (typeof value === 'string') return value === '' ? null : value;
  if (value == null) return null;
  if (typeof value !== 'number' && typeof value !== 'boolean') return lost(object, key, 'string');
  return readAs(String(value), object, key, 'string');
}

const MAX_ERROR_KIB = 256;
const DEEP_ERROR = `(error nested deeper than ${MAX_JSON_DEPTH} levels)`;
const LONG_ERROR = `(error longer than ${MAX_ERROR_KIB} KiB)`;

/** Returns a string, or the JSON of an object or list. The domain decides which values mean "no error". */
export function errorText(object: WireObject, key: string): string | null {
  const value = object.fields[key];
  if (value === false) return readAs(null, object, key, 'string');
  const isNested = typeof value === 'object' && value !== null;
  if (isNested && isDeeperThan(value as JsonValue, MAX_JSON_DEPTH)) {
    report(object, key, 'lost', 'string');
    return DEEP_ERROR;
  }
  const text = isNested ? JSON.stringify(value) : textOrNothing(object, key);
  if (text === null || text.length <= MAX_ERROR_KIB * 1024) return text;
  object.report(`${object.path}.${key}`, 'lost', `at most ${MAX_ERROR_KIB} KiB`, 'more');
  return LONG_ERROR;
}

/**
 * Reads a time with a zone, or seconds or milliseconds since 1970 as a number or string. A string without a zone is
 * UTC.
 */
export function time(object: WireObject, key: string): Timestamp | null {
  const value = object.fields[key];
  if (value == null || value === '') return null;
  const moment = typeof value === 'string' ? parseTimestamp(value) : null;
  if (moment && hasZone(value as string)) return moment;
  const read = moment ?? timestampOfEpoch(numberIn(value));
  const got = typeof value !== 'string' ? typeOf(value) : moment ? 'no zone' : 'another string';
  object.report(`${object.path}.${key}`, read ? 'read' : 'lost', 'ISO 8601 time with a zone', got);
  return read;
}

/** Returns whole seconds, rounded down. */
export const seconds = (object: WireObject, key: string): number | null =>
  count(object, key, 'whole number', Math.floor);

export const tokenCount = (object: WireObject, key: string): number | null => count(object, key, 'whole number');

/** Counted from 1. */
export const attemptNumber = (object: WireObject, key: string): number | null =>
  count(object, key, 'whole number from 1', (number) => (number === 0 ? NaN : number));

/** Returns null, and reports it, for a negative or infinite number (`1e400` is valid JSON). */
function count(object: WireObject, key: string, expected: string, toCount = (number: number) => number): number | null {
  const value = object.fields[key];
  if (value == null || value === '') return null;
  const number = toCount(numberIn(value));
  if (!isCount(number)) return lost(object, key, expected);
  return value === number ? number : readAs(number, object, key, expected);
}

const TRUTHS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
  [1, true],
  [0, false],
]);

export function truth(object: WireObject, key: string): boolean | null {
  const value = object.fields[key];
  if (typeof value === 'boolean') return value;
  if (value == null || value === '') return null;
  const read = TRUTHS.get(value);
  return read === undefined ? lost(object, key, 'boolean') : readAs(read, object, key, 'boolean');
}

/** Reads a string. A number is converted without a deviation. */
export function label(object: WireObject, key: string): string | null {
  const value = object.fields[key];
  return typeof value === 'number' ? String(value) : textOrNothing(object, key);
}

export function objectOrNothing(object: WireObject, key: string): WireObject | null {
  const value = object.fields[key];
  if (value == null) return null;
  if (!isObject(value)) return lost(object, key, 'object');
  return { fields: value, path: `${object.path}.${key}`, report: object.report };
}

export function listOrNothing(object: WireObject, key: string): readonly unknown[] | null {
  const value = object.fields[key];
  if (value == null) return null;
  return Array.isArray(value) ? (value as readonly unknown[]) : lost(object, key, 'array');
}

export const isObject = (value: unknown): value is WireFields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Decimal notation: `Number` would also read `0x10`, blanks and `true`. */
const NUMBER = /^\s*-?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?\s*$/;

/** Returns NaN for a value that is neither a number nor a numeric string. */
function numberIn(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : NaN;
}

function readAs<T>(value: T, object: WireObject, key: string, expected: string): T {
  report(object, key, 'read', expected);
  return value;
}

function lost(object: WireObject, key: string, expected: string): null {
  report(object, key, 'lost', expected);
  return null;
}

/** Reports the type, never the value, which may be confidential. */
function report(object: WireObject, key: string, outcome: 'read' | 'lost', expected: string): void {
  object.report(`${object.path}.${key}`, outcome, expected, typeOf(object.fields[key]));
}

export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return value === undefined ? 'nothing' : typeof value;
}
