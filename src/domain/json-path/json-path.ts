/** Picking a part out of a step's inputs or outputs by a JMESPath expression that a client wrote. */
import { LRUCache } from 'lru-cache';
import { BudgetedInterpreter } from './interpreter.ts';
import { InvalidPathError, messageOf, parsePath, type PathExpression } from './syntax.ts';
import { jsonTextLength } from '../json.ts';
import type { JsonValue } from '../types.ts';

export { InvalidPathError, MAX_EXPRESSION_LENGTH } from './syntax.ts';

/** In characters of JSON text: 1 MiB where they are ASCII. */
export const MAX_RESULT_LENGTH = 2 ** 20;

/** One query puts the same few paths to every step of a run. */
const parsed = new LRUCache<string, PathExpression>({ max: 500 });
const interpreter = new BudgetedInterpreter();

/**
 * What the path finds in the value; null where it finds nothing.
 *
 * Throws InvalidPathError and nothing else: with the position where the expression makes no sense (or is longer than
 * MAX_EXPRESSION_LENGTH); without one where a function is given what it can't take, where it would take too many
 * steps, or where the result is longer than MAX_RESULT_LENGTH.
 */
export function evaluatePath(expression: string, value: JsonValue): JsonValue {
  const result = search(expression, parse(expression), value);
  if (jsonTextLength(result, MAX_RESULT_LENGTH) > MAX_RESULT_LENGTH) {
    const problem = `expected a result of at most ${MAX_RESULT_LENGTH} characters of JSON, got a longer one`;
    throw new InvalidPathError(problem, expression, null);
  }
  return result;
}

function parse(expression: string): PathExpression {
  const known = parsed.get(expression);
  if (known) return known;
  const tree = parsePath(expression);
  parsed.set(expression, tree);
  return tree;
}

function search(expression: string, tree: PathExpression, value: JsonValue): JsonValue {
  try {
    // The library's types want arrays that may be changed, though it changes none that it is given.
    return interpreter.search(tree, value as Parameters<typeof interpreter.search>[1]);
  } catch (error) {
    throw new InvalidPathError(problemOf(error), expression, null);
  }
}

/** Errors of the engine are those of the library's own code, and of values nested deeper than the stack. */
function problemOf(error: unknown): string {
  if (error instanceof TypeError) return 'expected a value that this expression can be evaluated over';
  if (error instanceof RangeError) return 'expected an expression of less work: this one builds too large a value';
  if (messageOf(error).startsWith('not-a-number'))
    return 'expected numbers beside an operator, and none of them 0 after /';
  return messageOf(error).replace('Invalid type: ', '');
}
