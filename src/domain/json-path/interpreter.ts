/** Evaluating a JMESPath expression within a budget: a short expression over a small value could run for years. */
import { TreeInterpreter } from '@jmespath-community/jmespath';
import { costOf, extraCostOf, replace, sort, sortByKeys, trim, trimLeft, trimRight } from './functions.ts';
import { jsonTextLength } from '../json.ts';

/** In steps of the interpreter: some 20 ms. */
const BUDGET = 250_000;

type Interpreter = typeof TreeInterpreter;
type Node = Parameters<Interpreter['visit']>[0];
type NodeOf<Type> = Extract<Node, { readonly type: Type }>;
type Value = Parameters<Interpreter['visit']>[1];
type Json = ReturnType<Interpreter['search']>;

// The library exports its interpreter as one object that all its users share, but not its class.
const LibraryInterpreter = TreeInterpreter.constructor as new () => Interpreter;

/**
 * The library's interpreter, except that
 * - every step, and every function by the size of its arguments, takes from a budget;
 * - a field is an own field: the library finds a function under `constructor`;
 * - the variables of `let` are known within `map(&…)` and the like;
 * - a value of the upstream that looks like an expression reference is none;
 * - a number that JSON can't hold is an error.
 *
 * It throws Errors whose messages tell what was expected, and now and then what the engine threw.
 */
export class BudgetedInterpreter extends LibraryInterpreter {
  #budget = 0;
  #variables: ReadonlyMap<string, Value> = new Map();
  #references = new WeakSet();

  constructor() {
    super();
    const sortBy = ([values, key]: [Json[], Node]): Json[] =>
      sortByKeys(
        values,
        values.map((value) => this.visit(key, value)),
      );
    const better = { sort, sort_by: sortBy, replace, trim, trim_left: trimLeft, trim_right: trimRight };
    for (const [name, answer] of Object.entries(better)) {
      const entry = this.runtime._functionTable[name];
      if (entry) entry._func = answer;
    }
  }

  override search(expression: Node, value: Json): Json {
    this.#budget = BUDGET;
    this.#variables = new Map();
    const result = super.search(expression, value);
    if (this.#isReference(result)) throw new Error('expected an expression that yields a value, got a reference (&)');
    return result;
  }

  override visit(node: Node, value: Value): Value {
    this.#spend(1);
    if ('expref' in node && !this.#isReference(node)) throw new Error('expected an expression reference (&)');
    const result = this.#answer(node, value);
    if (typeof result === 'number' && !Number.isFinite(result))
      throw new Error('a number became infinite or undefined');
    return result;
  }

  #answer(node: Node, value: Value): Value {
    switch (node.type) {
      case 'Field':
        return typeof value === 'object' && value !== null && !Object.hasOwn(value, node.name)
          ? null
          : super.visit(node, value);
      case 'Slice':
        this.#spend(costOf(value));
        return super.visit(node, value);
      case 'Flatten':
        return this.#flatten(this.visit(node.child, value));
      case 'Comparator':
        return this.#compare(node, value);
      case 'Function':
        return this.#call(node, value);
      case 'LetExpression':
        return this.#let(node, value);
      case 'Variable':
        return this.#variable(node.name);
      case 'ExpressionReference':
        throw new Error('expected a reference (&) only as an argument of a function');
      default:
        return super.visit(node, value);
    }
  }

  #spend(units: number): void {
    this.#budget -= units;
    if (this.#budget < 0) throw new Error('expected an expression of less work: this one takes too many steps');
  }

  #flatten(list: Value): Value {
    if (!Array.isArray(list)) return null;
    for (const item of list) this.#spend(Array.isArray(item) ? item.length : 1);
    return list.flat();
  }

  /** Equality looks into both sides all the way down, though never further than into the smaller one. */
  #compare(node: NodeOf<'Comparator'>, value: Value): Value {
    const left = this.visit(node.left, value) as Json;
    const right = this.visit(node.right, value) as Json;
    this.#spendOnAllOf(right);
    return super.visit(
      { ...node, left: { type: 'Literal', value: left }, right: { type: 'Literal', value: right } },
      value,
    );
  }

  #spendOnAllOf(value: Json): void {
    this.#spend(jsonTextLength(value, this.#budget));
  }

  #call({ name, children }: NodeOf<'Function'>, value: Value): Value {
    const args = children.map((child) =>
      child.type === 'ExpressionReference' ? this.#reference(child, value) : this.visit(child, value),
    ) as Json[];
    for (const arg of args) this.#spend(costOf(arg));
    this.#spend(extraCostOf(name, args));
    if (name === 'to_string') for (const arg of args) this.#spendOnAllOf(arg);
    return this.runtime.callFunction(name, args);
  }

  #let({ bindings, expression }: NodeOf<'LetExpression'>, value: Value): Value {
    const outer = this.#variables;
    const inner = new Map(outer);
    for (const binding of bindings) inner.set(binding.variable, this.visit(binding.reference, value));
    this.#spend(inner.size);
    this.#variables = inner;
    try {
      return this.visit(expression, value);
    } finally {
      this.#variables = outer;
    }
  }

  #variable(name: string): Value {
    const value = this.#variables.get(name);
    if (value === undefined) throw new Error(`expected a variable that "let" has set, got $${name}`);
    return value;
  }

  #reference(node: Node, value: Value): Value {
    const reference = super.visit(node, value);
    if (typeof reference === 'object' && reference !== null) this.#references.add(reference);
    return reference;
  }

  #isReference(value: Value): boolean {
    return typeof value === 'object' && value !== null && this.#references.has(value);
  }
}
