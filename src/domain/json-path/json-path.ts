/** Picks a part of a step's or a run's inputs or outputs by a JMESPath expression that a client wrote. */
import { TreeInterpreter } from '@jmespath-community/jmespath';
import { LRUCache } from 'lru-cache';
import { isJsonArray, isJsonObject } from '../json.ts';
import type { JsonValue } from '../types.ts';
import { InvalidPathError, MAX_EXPRESSION_LENGTH, parseExpression, type PathExpression } from './expression.ts';
import { jsonLength, sizeOf } from './size.ts';

export { InvalidPathError } from './expression.ts';

/** In characters of JSON text, a character that JSON escapes counted as one. */
export const MAX_RESULT_LENGTH = 2 ** 20;

/** A step is a part of an expression times a value of the payload. docs/decisions/0004 has the time that they take. */
const MAX_STEPS = 10_000_000;

/** In steps: of each evaluation, and of each character that is parsed. */
const EVALUATION_COST = 5;
const PARSE_COST = 20;

export interface PathBudget {
  /** The steps that are left. */
  left: () => number;
  /** Throws InvalidPathError if fewer are left. */
  spend: (steps: number) => void;
}

/** One for each GraphQL operation, for all of its paths. */
export function createPathBudget(steps = MAX_STEPS): PathBudget {
  let left = steps;
  // One error for all: an operation may have thousands of paths left, and an error with its stack is costly.
  let error: InvalidPathError | undefined;
  return {
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

/** One query applies the same few paths to every step of a run. Its size is in characters, and some for the entry itself. */
const parsed = new LRUCache<string, PathExpression | InvalidPathError>({
  maxSize: 2 ** 16,
  sizeCalculation: (_, expression) => expression.length + 32,
});

/**
 * Returns the part of the value that the path finds, or null. The value is nested at most MAX_JSON_DEPTH levels, the result one more.
 *
 * Throws InvalidPathError where the expression is not valid or not supported, where the budget is used up, and where
 * the result is longer than MAX_RESULT_LENGTH.
 */
export function evaluatePath(expression: string, value: JsonValue, budget: PathBudget): JsonValue {
  const path = parsed.get(expression) ?? parse(expression, budget);
  if (path instanceof InvalidPathError) throw path;
  const { tree, cost, isRepeated, needsCopy } = path;
  budget.spend(EVALUATION_COST + cost * (isRepeated ? sizeOf(value, budget.left() / cost) : 1));
  const source = needsCopy ? withoutPrototypes(value) : value;
  // Not `search`, which keeps the payload in memory until the next call.
  const result = TreeInterpreter.visit(tree, source as LibraryValue) as JsonValue;
  const { length, values } = jsonLength(result, MAX_RESULT_LENGTH);
  budget.spend(values);
  if (length <= MAX_RESULT_LENGTH) return result;
  throw new InvalidPathError(
    `the result must have at most ${MAX_RESULT_LENGTH} characters of JSON: select a part of it`,
  );
}

type LibraryValue = Parameters<typeof TreeInterpreter.search>[1];

function parse(expression: string, { spend }: PathBudget): PathExpression | InvalidPathError {
  spend(Math.min(expression.length, MAX_EXPRESSION_LENGTH) * PARSE_COST);
  const path = parsedOrError(expression);
  parsed.set(expression, path);
  return path;
}

function parsedOrError(expression: string): PathExpression | InvalidPathError {
  try {
    return parseExpression(expression);
  } catch (error) {
    if (error instanceof InvalidPathError) return error;
    throw error;
  }
}

/** A copy whose objects inherit nothing: the library reads inherited fields too. */
function withoutPrototypes(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(withoutPrototypes);
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, withoutPrototypes(field)] as const);
  return { __proto__: null, ...Object.fromEntries(fields) };
}
