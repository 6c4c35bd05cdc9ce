/**
 * Evaluates the syntax tree of a JMESPath expression. Every node that is visited takes from a budget.
 *
 * A field is an own field. A reference (`&…`) is a function, never a value, so that no value can pass for one.
 */
import { fieldOf, isJsonArray, isJsonObject } from '../json.ts';
import type { JsonValue } from '../types.ts';
import { costOfFields, type Spend } from './budget.ts';
import { callFunction } from './functions.ts';
import { InvalidPathError } from './invalid-path-error.ts';
import { calculate, compare, flatten, isTruthy, sliceOf } from './operators.ts';
import type { PathExpression } from './syntax.ts';

export interface Scope {
  /** What `$` stands for. */
  readonly root: JsonValue;
  /** Those that `let` has set. */
  readonly variables: ReadonlyMap<string, JsonValue>;
  readonly spend: Spend;
}

export function evaluate(node: PathExpression, value: JsonValue, scope: Scope): JsonValue {
  scope.spend(1);
  const result = visit(node, value, scope);
  if (typeof result !== 'number' || Number.isFinite(result)) return result;
  throw new InvalidPathError('a number became infinite or undefined');
}

function visit(node: PathExpression, value: JsonValue, scope: Scope): JsonValue {
  const resultOf = (child: PathExpression): JsonValue => evaluate(child, value, scope);
  switch (node.type) {
    case 'Current':
    case 'Identity':
      return value;
    case 'Root':
      return scope.root;
    case 'Literal':
      return node.value;
    case 'Field':
      return fieldOf(value, node.name) ?? null;
    case 'Index':
      return isJsonArray(value) ? (value.at(node.value) ?? null) : null;
    case 'Slice':
      return sliceOf(value, node, scope.spend);
    case 'Subexpression': {
      const left = resultOf(node.left);
      return left === null ? null : evaluate(node.right, left, scope);
    }
    case 'IndexExpression':
    case 'Pipe':
      return evaluate(node.right, resultOf(node.left), scope);
    case 'Projection': {
      const left = resultOf(node.left);
      if (typeof left === 'string' && isSlice(node.left)) return evaluate(node.right, left, scope);
      return isJsonArray(left) ? project(left, node.right, scope) : null;
    }
    case 'ValueProjection': {
      const left = resultOf(node.left);
      if (!isJsonObject(left)) return null;
      const values = Object.values(left);
      scope.spend(costOfFields(values.length));
      return project(values, node.right, scope);
    }
    case 'FilterProjection': {
      const left = resultOf(node.left);
      if (!isJsonArray(left)) return null;
      const matches = (item: JsonValue): boolean => isTruthy(evaluate(node.condition, item, scope), scope.spend);
      return project(left.filter(matches), node.right, scope);
    }
    case 'Flatten':
      return flatten(resultOf(node.child), scope.spend);
    case 'MultiSelectList':
      return node.children.map(resultOf);
    case 'MultiSelectHash':
      return Object.fromEntries(node.children.map((child) => [child.name, resultOf(child.value)]));
    case 'OrExpression': {
      const left = resultOf(node.left);
      return isTruthy(left, scope.spend) ? left : resultOf(node.right);
    }
    case 'AndExpression': {
      const left = resultOf(node.left);
      return isTruthy(left, scope.spend) ? resultOf(node.right) : left;
    }
    case 'NotExpression':
      return !isTruthy(resultOf(node.child), scope.spend);
    case 'Ternary':
      return resultOf(isTruthy(resultOf(node.condition), scope.spend) ? node.trueExpr : node.falseExpr);
    case 'Comparator':
      return compare(node.name, resultOf(node.left), resultOf(node.right), scope.spend);
    case 'Arithmetic':
      return calculate(node.operator, resultOf(node.left), resultOf(node.right));
    case 'Unary':
      return calculate(node.operator, 0, resultOf(node.operand));
    case 'Function': {
      const args = node.children.map((child) =>
        child.type === 'ExpressionReference'
          ? (item: JsonValue) => evaluate(child.child, item, scope)
          : resultOf(child),
      );
      scope.spend(1);
      return callFunction(node.name, args, scope.spend);
    }
    case 'ExpressionReference':
      throw new InvalidPathError('expected a reference (&) only as an argument of a function');
    case 'LetExpression':
      return evaluate(node.expression, value, scopeWith(node.bindings, value, scope));
    case 'Binding':
      throw new InvalidPathError('expected = only after a variable of "let" (== compares)');
    case 'Variable': {
      const variable = scope.variables.get(node.name);
      if (variable !== undefined) return variable;
      throw new InvalidPathError(`expected a variable that "let" has set, got $${node.name}`);
    }
  }
}

/** The slice of a text reads as a projection too. */
const isSlice = (node: PathExpression): boolean => node.type === 'IndexExpression' && node.right.type === 'Slice';

function project(items: readonly JsonValue[], node: PathExpression, scope: Scope): JsonValue[] {
  return items.map((item) => evaluate(node, item, scope)).filter((found) => found !== null);
}

function scopeWith(bindings: readonly PathExpression[], value: JsonValue, scope: Scope): Scope {
  const variables = new Map(scope.variables);
  scope.spend(variables.size);
  for (const binding of bindings) {
    // The parser takes any expression for a binding, though its types promise another.
    if (binding.type !== 'Binding') throw new InvalidPathError('expected "let" to set variables, as in $name = value');
    variables.set(binding.variable, evaluate(binding.reference, value, scope));
  }
  return { ...scope, variables };
}
