/**
 * The parts that the wire's shapes are made of. Tolerant in what they accept: unknown fields are not looked at, absent ones
 * are null, and a text that should be a time but is none is an unknown time. Only a wrong JSON type is a violation.
 */
import { isCount, MAX_INT } from '../domain/int.ts';
import { parseTimestamp, type Timestamp } from '../domain/timestamp.ts';
import { GatewayError } from './errors.ts';

/** An object of an answer: its fields, and where it stands. */
export interface WireObject {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Of which answer, for the message. */
  readonly answer: string;
  /** A JSON path. Put together when it is needed: there is one object for each step, and few are ever wrong. */
  readonly path: () => string;
}

/** The objects of an answer that must be a list of them. */
export function objectsIn(answer: string, json: unknown): readonly WireObject[] {
  if (!Array.isArray(json)) throw violation(answer, 'array', '$', json);
  return (json as readonly unknown[]).map((value, index) => toObject(answer, value, () => `$[${index}]`));
}

/** An answer that must be an object. */
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

/** Null and `""` both say "nothing". */
export function textOrNothing(object: WireObject, key: string): string | null {
  const value = optionalText(object, key);
  return value === '' ? null : value;
}

export const time = (object: WireObject, key: string): Timestamp | null => parseTimestamp(optionalText(object, key));

/** Whole seconds; null for what is no length of time, or is past GraphQL's Int (`1e400` is a number in JSON). */
export function seconds(object: WireObject, key: string): number | null {
  const value = optional(object, key, 'number');
  return value !== null && value >= 0 && value <= MAX_INT ? Math.floor(value) : null;
}

export function tokenCount(object: WireObject, key: string): number | null {
  const value = optional(object, key, 'number');
  return isCount(value) ? value : null;
}

export const truth = (object: WireObject, key: string): boolean | null => optional(object, key, 'boolean');

/** A text, or a number written out. */
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

/** The message names where and which type; never a value, which may be anybody's data. */
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
