/**
 * Readers of single fields on the wire. They are tolerant: unknown fields are ignored, absent ones are null, and an invalid
 * time is an unknown time. Only a wrong JSON type is a contract violation.
 */
import { isCount } from '../domain/int.ts';
import { isDeeperThan, MAX_JSON_DEPTH } from '../domain/json.ts';
import { parseTimestamp, type Timestamp } from '../domain/timestamp.ts';
import type { JsonValue } from '../domain/types.ts';
import { GatewayError } from './errors.ts';

/** An object in an answer: its fields, and its position for error messages. */
export interface WireObject {
  readonly fields: Readonly<Record<string, unknown>>;
  /** The name of the answer. */
  readonly answer: string;
  /** A JSON path. Computed on demand: there is one object for each step, and few are ever wrong. */
  readonly path: () => string;
}

/** Reads an answer that must be a list of objects. */
export const objectsIn = (answer: string, json: unknown): readonly WireObject[] =>
  entriesIn(answer, json).map((entry) => entry());

/** The same, each entry by itself: it throws if it is no object. */
export function entriesIn(answer: string, json: unknown): readonly (() => WireObject)[] {
  if (!Array.isArray(json)) throw violation(answer, 'array', '$', json);
  return (json as readonly unknown[]).map((value, index) => () => toObject(answer, value, () => `$[${index}]`));
}

/** Reads an answer that must be an object. */
export const objectIn = (answer: string, json: unknown): WireObject => toObject(answer, json, () => '$');

function toObject(answer: string, value: unknown, path: () => string): WireObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { fields: value as Readonly<Record<string, unknown>>, answer, path };
  }
  throw violation(answer, 'object', path(), value);
}

export function text(object: WireObject, key: string): string {
  const value = object.fields[key];
  if (typeof value === 'string') return value;
  throw wrongType(object, key, 'string');
}

/** `""` is read as null. */
export function textOrNothing(object: WireObject, key: string): string | null {
  const value = optionalText(object, key);
  return value === '' ? null : value;
}

const TOO_DEEP = `(an error that is nested deeper than ${MAX_JSON_DEPTH} levels)`;

/** A text, or the JSON text of an object or a list. The domain decides what means that there is no error. */
export function errorText(object: WireObject, key: string): string | null {
  const value = object.fields[key];
  if (typeof value !== 'object' || value === null) return textOrNothing(object, key);
  return isDeeperThan(value as JsonValue, MAX_JSON_DEPTH) ? TOO_DEEP : JSON.stringify(value);
}

export const time = (object: WireObject, key: string): Timestamp | null => parseTimestamp(optionalText(object, key));

/** Whole seconds; null for a negative or infinite number (`1e400` is valid JSON). */
export function seconds(object: WireObject, key: string): number | null {
  const value = optional(object, key, 'number');
  return value !== null && value >= 0 && Number.isFinite(value) ? Math.floor(value) : null;
}

export function tokenCount(object: WireObject, key: string): number | null {
  const value = optional(object, key, 'number');
  return isCount(value) ? value : null;
}

export const truth = (object: WireObject, key: string): boolean | null => optional(object, key, 'boolean');

/** A text; a number is read as its text. */
export function label(object: WireObject, key: string): string | null {
  const value = object.fields[key];
  return typeof value === 'number' ? String(value) : optionalText(object, key);
}

export function objectOrNothing(object: WireObject, key: string): WireObject | null {
  const value = object.fields[key];
  return value == null ? null : toObject(object.answer, value, () => `${object.path()}.${key}`);
}

export function listOrNothing(object: WireObject, key: string): readonly unknown[] | null {
  const value = object.fields[key];
  if (value == null) return null;
  if (Array.isArray(value)) return value as readonly unknown[];
  throw wrongType(object, key, 'array');
}

const optionalText = (object: WireObject, key: string): string | null => optional(object, key, 'string');

interface JsonTypes {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
}

function optional<Type extends keyof JsonTypes>(object: WireObject, key: string, type: Type): JsonTypes[Type] | null {
  const value = object.fields[key];
  if (value == null) return null;
  if (typeof value === type) return value as JsonTypes[Type];
  throw wrongType(object, key, type);
}

const wrongType = ({ answer, fields, path }: WireObject, key: string, expected: string): GatewayError =>
  violation(answer, expected, `${path()}.${key}`, fields[key]);

/** The message names position and type, never the value: it may be confidential. */
const violation = (answer: string, expected: string, path: string, value: unknown): GatewayError =>
  new GatewayError(
    'UPSTREAM_CONTRACT_VIOLATION',
    `the upstream's answer for ${answer} is not what its contract says: expected ${expected} at ${path}, got ${typeOf(value)}`,
  );

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return value === undefined ? 'nothing' : typeof value;
}
