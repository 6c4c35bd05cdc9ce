/** Picking a part out of a step's inputs or outputs by a JMESPath expression that a client wrote. */
import { LRUCache } from 'lru-cache';
import type { JsonValue } from '../types.ts';
import type { PathBudget, Spend } from './budget.ts';
import { evaluate } from './evaluator.ts';
import { functionNames } from './functions.ts';
import { InvalidPathError } from './invalid-path-error.ts';
import { jsonLength } from './json-length.ts';
import { MAX_EXPRESSION_LENGTH, parsePath, type PathExpression } from './syntax.ts';

export { createPathBudget, type PathBudget } from './budget.ts';
export { InvalidPathError } from './invalid-path-error.ts';
export { MAX_EXPRESSION_LENGTH } from './syntax.ts';

/** In characters of JSON text, a character that JSON escapes counted as one. */
export const MAX_RESULT_LENGTH = 2 ** 20;

/** In units, whatever the expression: of an evaluation, and of an error on top. */
const EVALUATION_COST = 5;
const ERROR_COST = 200;

/** In units a character: of parsing an expression, and of naming the position of an error on top. */
const PARSE_COST = 4;
const PARSE_ERROR_COST = 100;

/**
 * One query puts the same few paths to every step of a run, so what became of reading them is kept.
 * Its size is counted in characters, and some for the entry itself.
 */
const parsed = new LRUCache<string, PathExpression | InvalidPathError>({
  maxSize: 2 ** 16,
  sizeCalculation: (_, expression) => expression.length + 32,
});

/**
 * What the path finds in the value; null where it finds nothing.
 *
 * Throws InvalidPathError and nothing else: with the position where the expression makes no sense (or is longer than
 * MAX_EXPRESSION_LENGTH); without one where a function is given what it can't take, where the budget is used up, or
 * where the result is longer than MAX_RESULT_LENGTH.
 */
export function evaluatePath(expression: string, value: JsonValue, { spend }: PathBudget): JsonValue {
  spend(EVALUATION_COST);
  try {
    return find(expression, value, spend);
  } catch (error) {
    spend(ERROR_COST);
    throw error;
  }
}

function find(expression: string, value: JsonValue, spend: Spend): JsonValue {
  const tree = parsed.get(expression) ?? parse(expression, spend);
  if (tree instanceof InvalidPathError) throw tree;
  const result = evaluate(tree, value, { root: value, variables: new Map(), spend });
  if (jsonLength(result, MAX_RESULT_LENGTH, spend) <= MAX_RESULT_LENGTH) return result;
  throw new InvalidPathError(`expected a result of at most ${MAX_RESULT_LENGTH} characters of JSON, got a longer one`);
}

function parse(expression: string, spend: Spend): PathExpression {
  const length = Math.min(expression.length, MAX_EXPRESSION_LENGTH);
  spend(length * PARSE_COST);
  try {
    const tree = parsePath(expression, functionNames);
    parsed.set(expression, tree);
    return tree;
  } catch (error) {
    if (error instanceof InvalidPathError) parsed.set(expression, error);
    spend(length * PARSE_ERROR_COST);
    throw error;
  }
}
