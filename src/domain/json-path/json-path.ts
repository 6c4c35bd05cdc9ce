/** Selects part of a step's or run's inputs or outputs with a client's JMESPath expression. */
import { TreeInterpreter } from '@jmespath-community/jmespath';
import { isJsonArray, isJsonObject } from '../json.ts';
import type { JsonValue } from '../types.ts';
import { InvalidPathError, MAX_EXPRESSION_LENGTH, parseExpression, type PathExpression } from './expression.ts';

export { InvalidPathError, type PathExpression } from './expression.ts';

/** Evaluating one part of an expression for one value is a step. docs/decisions/0004 has measurements. */
const MAX_STEPS = 10_000_000;

/** Steps per evaluation, and per parsed character. */
const EVALUATION_COST = 5;
const PARSE_COST = 20;

export interface PathBudget {
  /** Parsed expressions of the operation: a query applies the same few paths to all steps of a run. */
  readonly parsed: Map<string, PathExpression | InvalidPathError>;
  /** Returns the remaining steps. */
  left: () => number;
  /** Throws InvalidPathError if fewer steps remain. */
  spend: (steps: number) => void;
}

/** Budget shared by all paths of one GraphQL operation. */
export function createPathBudget(steps = MAX_STEPS): PathBudget {
  let left = steps;
  // The error is shared, because thousands of paths may be left, and each stack trace is costly.
  let error: InvalidPathError | undefined;
  return {
    parsed: new Map(),
    left: () => Math.max(0, left),
    spend(units) {
      left -= units;
      if (left >= 0) return;
      throw (error ??= new InvalidPathError(
        `limit of ${steps} steps reached by the paths of the operation (parts of a path × values of its payload): select fewer paths, or shorter ones`,
      ));
    },
  };
}

/**
 * Parses an expression once per operation. Throws InvalidPathError if it is invalid or unsupported, or the budget is
 * exhausted.
 */
export function parsePath(expression: string, { spend, parsed }: PathBudget): PathExpression {
  const known = parsed.get(expression);
  if (!known) spend(Math.min(expression.length, MAX_EXPRESSION_LENGTH) * PARSE_COST);
  const path = known ?? parsedOrError(expression);
  parsed.set(expression, path);
  if (path instanceof InvalidPathError) throw path;
  return path;
}

/** Steps that `findAt` takes: above `limit` if the value was counted only partly. */
export const stepsOfPath = ({ cost, isRepeated }: PathExpression, value: JsonValue, limit: number): number =>
  EVALUATION_COST + cost * (isRepeated ? sizeOf(value, limit / cost) : 1);

/** Returns null if there is nothing at the path. The value has at most MAX_JSON_DEPTH levels, the result one more. */
export function findAt({ tree, needsCopy }: PathExpression, value: JsonValue): JsonValue {
  const source = needsCopy ? withoutPrototypes(value) : value;
  // `search` would keep the payload in memory until its next call.
  return TreeInterpreter.visit(tree, source as LibraryValue) as JsonValue;
}

type LibraryValue = Parameters<typeof TreeInterpreter.search>[1];

function parsedOrError(expression: string): PathExpression | InvalidPathError {
  try {
    return parseExpression(expression);
  } catch (error) {
    if (error instanceof InvalidPathError) return error;
    throw error;
  }
}

/** Copies objects without a prototype, because the library also reads inherited fields. */
function withoutPrototypes(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(withoutPrototypes);
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, withoutPrototypes(field)] as const);
  return { __proto__: null, ...Object.fromEntries(fields) };
}

/** Listing an object's fields takes up to half a microsecond per field. */
const MANY_FIELDS = 200;
const STEPS_A_FIELD = 16;
/** Comparing about 256 characters takes as long as one step. */
const CHARACTERS_PER_STEP = 256;

/**
 * Number of values, counted without recursion. Long strings and large objects count more. Above `limit` if it stopped
 * early.
 */
function sizeOf(value: JsonValue, limit: number): number {
  const rest: JsonValue[] = [value];
  let size = 1;
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next === 'string') size += next.length / CHARACTERS_PER_STEP;
    if (typeof next === 'object' && next !== null) {
      const children = isJsonArray(next) ? next : Object.values(next);
      size += isJsonArray(next) || children.length <= MANY_FIELDS ? children.length : children.length * STEPS_A_FIELD;
      if (size <= limit) for (const child of children) rest.push(child);
    }
    if (size > limit) break;
  }
  return Math.ceil(size);
}
