/** Parses JMESPath expressions, and rejects constructs whose cost isn't linear in the payload. */
import { compile } from '@jmespath-community/jmespath';

type Node = ReturnType<typeof compile>;

export interface PathExpression {
  readonly tree: Node;
  /** Steps per value of the payload, or in total if `isRepeated` is false. */
  readonly cost: number;
  /** Whether parts of the expression are evaluated for many values. */
  readonly isRepeated: boolean;
  /** Whether the expression names a field that every object inherits, such as `constructor`. */
  readonly needsCopy: boolean;
}

/** The expression is invalid, or too expensive for the payload. */
export class InvalidPathError extends Error {
  override readonly name = 'InvalidPathError';

  constructor(problem: string) {
    super(`Invalid path: ${problem}`);
  }
}

export const MAX_EXPRESSION_LENGTH = 512;

/** Steps of a multi-select entry, and of a copied value. Any other tree node takes one step. */
const COST_OF_ENTRY = 8;
const COST_OF_COPY = 20;

/** Throws InvalidPathError. */
export function parseExpression(expression: string): PathExpression {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    throw new InvalidPathError(`must have at most ${MAX_EXPRESSION_LENGTH} characters, got ${expression.length}`);
  }
  const tree = pathOf(compiled(expression), true);
  const nodes = nodesIn(tree);
  const entries = nodes.reduce((sum, { length = 0 }) => sum + length, 0);
  const needsCopy = nodes.some(({ type, name = '' }) => type === 'Field' && name in Object.prototype);
  return {
    tree,
    cost: nodes.length + entries * COST_OF_ENTRY + (needsCopy ? COST_OF_COPY : 0),
    isRepeated: needsCopy || nodes.some(({ type = '' }) => type.endsWith('Projection')),
    needsCopy,
  };
}

function compiled(expression: string): Node {
  try {
    return compile(expression);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new InvalidPathError(message.replace(/^syntax(?: error)?[:,] /i, ''));
  }
}

const ONLY_IN_FILTERS = 'comparators, !, && and || are supported only in filters ([?…])';
const NO_VARIABLES = 'variables (let, $name) are not supported';
const NO_ARITHMETIC = 'arithmetic is not supported';
const ONLY_AT_THE_END = 'a multi-select ([a, b], {name: a}) is supported only at the end, and once';

const UNSUPPORTED: Readonly<Partial<Record<Node['type'], string>>> = {
  AndExpression: ONLY_IN_FILTERS,
  Arithmetic: NO_ARITHMETIC,
  Binding: NO_VARIABLES,
  Comparator: ONLY_IN_FILTERS,
  ExpressionReference: 'references (&) are not supported',
  LetExpression: NO_VARIABLES,
  Literal: 'literals are supported only as operands of comparators',
  MultiSelectHash: ONLY_AT_THE_END,
  MultiSelectList: ONLY_AT_THE_END,
  NotExpression: ONLY_IN_FILTERS,
  OrExpression: ONLY_IN_FILTERS,
  Root: 'the root ($) is not supported',
  Ternary: 'conditional expressions (? :) are not supported',
  Unary: NO_ARITHMETIC,
  Variable: NO_VARIABLES,
};

function unsupported(node: Node): InvalidPathError {
  if (node.type === 'Function') return new InvalidPathError(`functions are not supported, got ${node.name}()`);
  return new InvalidPathError(UNSUPPORTED[node.type] ?? `${node.type} is not supported`);
}

/** Without a multi-select, a path finds each value of the payload at most once, so its cost is linear. */
function pathOf(node: Node, isLast = false): Node {
  switch (node.type) {
    case 'Current':
    case 'Identity':
    case 'Field':
    case 'Index':
      return node;
    case 'Slice':
      if (node.step === 0) throw new InvalidPathError('the step of a slice must not be 0');
      return node;
    case 'Flatten':
      return { ...node, child: pathOf(node.child) };
    case 'IndexExpression': {
      const left = pathOf(node.left);
      return { ...node, left: node.right.type === 'Slice' ? listOf(left) : left, right: pathOf(node.right) };
    }
    case 'Subexpression':
    case 'Pipe':
    case 'Projection':
    case 'ValueProjection':
      return { ...node, left: pathOf(node.left), right: pathOf(node.right, isLast) };
    case 'FilterProjection': {
      const condition = conditionOf(node.condition);
      return { ...node, left: pathOf(node.left), right: pathOf(node.right, isLast), condition };
    }
    case 'MultiSelectList':
      if (!isLast) throw unsupported(node);
      return { ...node, children: node.children.map((child) => pathOf(child)) };
    case 'MultiSelectHash':
      if (!isLast) throw unsupported(node);
      return { ...node, children: node.children.map(entryOf) };
    default:
      throw unsupported(node);
  }
}

type Entry = Extract<Node, { readonly type: 'MultiSelectHash' }>['children'][number];

function entryOf(entry: Entry): Entry {
  // The library would set the result's prototype.
  if (entry.name === '__proto__') throw new InvalidPathError('__proto__ is not supported as a name of a multi-select');
  return { ...entry, value: pathOf(entry.value) };
}

/** `operand | [] != null && @`: false unless it is a list, because the library would split a string into characters. */
function listOf(operand: Node): Node {
  const current: Node = { type: 'Current' };
  const flat: Node = { type: 'Flatten', child: current };
  const isList: Node = { type: 'Comparator', name: 'NE', left: flat, right: { type: 'Literal', value: null } };
  return { type: 'Pipe', left: operand, right: { type: 'AndExpression', left: isList, right: current } };
}

function conditionOf(node: Node): Node {
  switch (node.type) {
    case 'AndExpression':
    case 'OrExpression':
      return { ...node, left: conditionOf(node.left), right: conditionOf(node.right) };
    case 'NotExpression':
      return { ...node, child: conditionOf(node.child) };
    case 'Comparator':
      return { ...node, left: operandOf(node.left), right: operandOf(node.right) };
    default:
      return pathOf(node);
  }
}

function operandOf(node: Node): Node {
  if (node.type !== 'Literal') return pathOf(node);
  if (typeof node.value !== 'object' || node.value === null) return node;
  throw new InvalidPathError('lists and objects are not supported as literals');
}

interface AnyNode {
  readonly type?: string;
  readonly name?: string;
  /** Number of entries, if the node is a multi-select list. */
  readonly length?: number;
}

function nodesIn(tree: object): readonly AnyNode[] {
  const nodes: object[] = [tree];
  for (const node of nodes) {
    for (const child of Object.values(node) as unknown[]) {
      if (typeof child === 'object' && child !== null) nodes.push(child);
    }
  }
  return nodes;
}
