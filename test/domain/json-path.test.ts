import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { compile } from '@jmespath-community/jmespath';
import fc from 'fast-check';
import {
  createPathBudget,
  findAt,
  InvalidPathError,
  parsePath,
  stepsOfPath,
} from '../../src/domain/json-path/json-path.ts';
import { fieldOf, isJsonArray, isJsonObject } from '../../src/domain/json.ts';
import type { JsonValue } from '../../src/domain/types.ts';

function find(expression: string, value: JsonValue, budget = createPathBudget()): JsonValue {
  const path = parsePath(expression, budget);
  budget.spend(stepsOfPath(path, value, budget.left()));
  return findAt(path, value);
}

function errorOf(expression: string, value: JsonValue = null, budget = createPathBudget()): string {
  try {
    find(expression, value, budget);
  } catch (error) {
    if (error instanceof InvalidPathError) return error.message;
    throw error;
  }
  throw new Error(`${expression.slice(0, 50)} was evaluated`);
}

function stepsOf(expression: string, value: JsonValue): number {
  const budget = createPathBudget();
  // Parsing is counted only the first time.
  find(expression, value, budget);
  const left = budget.left();
  find(expression, value, budget);
  return left - budget.left();
}

type Node = ReturnType<typeof compile>;

/** Evaluates a path literally by the specification (slices of strings: null), and counts the visited nodes. */
class Reference {
  visits = 0;

  evaluate(node: Node, value: JsonValue): JsonValue {
    this.visits += 1;
    const of = (child: Node, from = value) => this.evaluate(child, from);
    const each = (items: readonly JsonValue[], child: Node) =>
      items.map((item) => of(child, item)).filter((found) => found !== null);
    switch (node.type) {
      case 'Current':
      case 'Identity':
        return value;
      case 'Literal':
        return node.value;
      case 'Field':
        return fieldOf(value, node.name) ?? null;
      case 'Index':
        return isJsonArray(value) ? (value.at(node.value) ?? null) : null;
      case 'Slice':
        return isJsonArray(value) ? sliced(value, node.start, node.stop, node.step ?? 1) : null;
      case 'Flatten': {
        const list = of(node.child);
        return isJsonArray(list) ? list.flat() : null;
      }
      case 'Subexpression': {
        const left = of(node.left);
        return left === null ? null : of(node.right, left);
      }
      case 'IndexExpression':
      case 'Pipe':
        return of(node.right, of(node.left));
      case 'Projection': {
        const left = of(node.left);
        return isJsonArray(left) ? each(left, node.right) : null;
      }
      case 'ValueProjection': {
        const left = of(node.left);
        return isJsonObject(left) ? each(Object.values(left), node.right) : null;
      }
      case 'FilterProjection': {
        const left = of(node.left);
        const isMatch = (item: JsonValue) => isTrue(of(node.condition, item));
        return isJsonArray(left) ? each(left.filter(isMatch), node.right) : null;
      }
      case 'AndExpression':
      case 'OrExpression': {
        const left = of(node.left);
        return isTrue(left) === (node.type === 'AndExpression') ? of(node.right) : left;
      }
      case 'NotExpression':
        return !isTrue(of(node.child));
      case 'Comparator': {
        const [left, right] = [of(node.left), of(node.right)];
        if (node.name === 'EQ') return isDeepStrictEqual(left, right);
        if (node.name === 'NE') return !isDeepStrictEqual(left, right);
        if (typeof left !== 'number' || typeof right !== 'number') return null;
        return { GT: left > right, GTE: left >= right, LT: left < right, LTE: left <= right }[node.name];
      }
      case 'MultiSelectList':
        return node.children.map((child) => of(child));
      case 'MultiSelectHash':
        return Object.fromEntries(node.children.map((child) => [child.name, of(child.value)]));
      default:
        throw new Error(node.type);
    }
  }
}

const isTrue = (value: JsonValue): boolean =>
  typeof value === 'object' ? Object.keys(value ?? {}).length > 0 : value !== '' && value !== false;

function sliced(list: readonly JsonValue[], start: number | null, stop: number | null, step: number): JsonValue[] {
  const fromEnd = (bound: number) => Math.max(0, list.length - 1 - (bound < 0 ? bound + list.length : bound));
  const [items, first, end] =
    step > 0
      ? [list, start ?? 0, stop ?? list.length]
      : [list.toReversed(), start === null ? 0 : fromEnd(start), stop === null ? list.length : fromEnd(stop)];
  return items.slice(first, end).filter((_, index) => index % step === 0);
}

const oneOf = (words: string, separator = ' ') => fc.constantFrom(...words.split(separator));

const { value: values } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, 0, 1, 2, -1.5, '', 'a', 'ab'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(oneOf('a b c constructor __proto__'), tie('value'), { noNullPrototype: true }),
  ),
}));

const { path: paths } = fc.letrec<{ path: string; condition: string; operand: string }>((tie) => {
  const [path, condition, operand] = [tie('path'), tie('condition'), tie('operand')];
  const bound = oneOf(' 0 1 2 4 -1 -2 -4');
  const suffix = fc.oneof(
    oneOf('.a .b .c .constructor ."__proto__" .* [*] [] [0] [-1]'),
    condition.map((text) => `[?${text}]`),
    fc.tuple(bound, bound, oneOf(' 1 2 -1 -2')).map((parts) => `[${parts.join(':')}]`),
  );
  return {
    path: fc.oneof(
      { depthSize: 'small' },
      oneOf('a b c @ * [*] [] [0] [1:] [::-1] toString'),
      fc.tuple(path, suffix).map((parts) => parts.join('')),
      fc.tuple(path, path).map(([left, right]) => `(${left}) | ${right}`),
    ),
    operand: fc.oneof(path, oneOf("`1` `null` `true` 'a'")),
    condition: fc.oneof(
      { depthSize: 'small' },
      path,
      fc.tuple(operand, oneOf('== != < <= > >='), operand).map(([left, name, right]) => `(${left}) ${name} (${right})`),
      fc.tuple(condition, oneOf('&& ||'), condition).map(([left, name, right]) => `(${left}) ${name} (${right})`),
      condition.map((text) => `!(${text})`),
    ),
  };
});
const endings = fc.oneof(
  fc.constant(''),
  fc.array(paths, { minLength: 1, maxLength: 3 }).map((texts) => ` | [${texts.join(', ')}]`),
  paths.map((text) => ` | {x: ${text}, "y z": @}`),
  paths.map((text) => `.[${text}]`),
);

describe('a supported path', () => {
  it('finds what the specification says, within the visits the budget counts', () => {
    let found = 0;
    const expressions = fc.tuple(paths, endings).map(([path, ending]) => path + ending);
    fc.assert(
      fc.property(expressions, values, (expression, value) => {
        fc.pre(expression.length <= 512);
        const before = structuredClone(value);
        const reference = new Reference();
        const expected = reference.evaluate(compile(expression), value);
        found += expected === null ? 0 : 1;
        expect(find(expression, value)).toEqual(expected);
        expect(stepsOf(expression, value)).toBeGreaterThanOrEqual(reference.visits);
        expect(value).toEqual(before);
      }),
      { numRuns: 2000 },
    );
    expect(found).toBeGreaterThan(200);
  });

  const document = {
    choices: [{ message: { role: 'assistant', content: 'Hello' } }, { message: { role: 'tool', content: '' } }],
    usage: { total: 19, limit: 19 },
    steps: [
      { total: 19, limit: 19, tags: ['x'] },
      { total: 1, limit: 19, tags: [] },
    ],
    text: 'abc',
  };

  it.each<[string, JsonValue]>([
    ['choices[0].message.content', 'Hello'],
    ['choices[].message.content', ['Hello', '']],
    ["choices[?message.role == 'tool' || !message].message.content", ['']],
    ['choices[?message.content && message.role].message.role | [0]', 'assistant'],
    ['choices[:1].message.{who: role, what: content}', [{ who: 'assistant', what: 'Hello' }]],
    ['usage.{in: total, max: limit}', { in: 19, max: 19 }],
    ['steps[?total == limit].total', [19]],
    ['steps[?tags[?@ == `"x"`]].total', [19]],
    ['text[0:1]', null],
    ['constructor', null],
    ['text.length', null],
    ['choices.length', null],
    ['"__proto__".constructor', null],
    ['choices[*].toString', []],
    ['choices[?!hasOwnProperty].message.role', ['assistant', 'tool']],
  ])('reads %s', (expression, expected) => {
    expect(find(expression, document)).toEqual(expected);
  });

  it('finds __proto__ and constructor as own fields', () => {
    const value = JSON.parse('{"__proto__": {"a": 1}, "list": [{"constructor": 2}]}') as JsonValue;
    expect(find('"__proto__".a', value)).toBe(1);
    expect(find('list[*].constructor', value)).toEqual([2]);
    expect(JSON.stringify(find('[@, toString]', value))).toBe(JSON.stringify([value, null]));
  });
});

describe('an unsupported expression', () => {
  const MULTI_SELECT = 'a multi-select ([a, b], {name: a}) is supported only at the end, and once';
  const IN_FILTERS = 'comparators, !, && and || are supported only in filters';
  const LITERALS = 'literals are supported only as operands of comparators';
  const VARIABLES = 'variables (let, $name) are not supported';

  it.each([
    ['length(items)', 'functions are not supported, got length()'],
    ['items[?contains(@, `1`)]', 'functions are not supported, got contains()'],
    ['&items', 'references (&) are not supported'],
    ['let $a = items in $a', VARIABLES],
    ['id = items', VARIABLES],
    ['items[?id + `1` == `2`]', 'arithmetic is not supported'],
    ['a ? b : c', 'conditional expressions (? :) are not supported'],
    ['items[?id == $.id]', 'the root ($) is not supported'],
    ['`1`', LITERALS],
    ['items[?`true`]', LITERALS],
    ['items[?id == `[1]`]', 'lists and objects are not supported as literals'],
    ['a == b', IN_FILTERS],
    ['a || b', IN_FILTERS],
    ['!a', IN_FILTERS],
    ['[a, b] | [0]', MULTI_SELECT],
    ['items[*].[a, b][]', MULTI_SELECT],
    ['{x: [a]}', MULTI_SELECT],
    ['[[a]]', MULTI_SELECT],
    ['items[?[a]]', MULTI_SELECT],
    ['{"__proto__": a}', '__proto__ is not supported as a name of a multi-select'],
    ['items[::0]', 'the step of a slice must not be 0'],
  ])('is rejected with the reason: %s', (expression, problem) => {
    expect(errorOf(expression)).toMatch(`Invalid path: ${problem}`);
  });

  it.each([
    ['choices[0', 'expected Rbracket, got: EOF'],
    ['a b', 'unexpected token type: UnquotedIdentifier, value: b'],
    ['a é', 'unknown character: é'],
    ['a'.repeat(513), 'must have at most 512 characters, got 513'],
  ])('is rejected with the same reason each time: %s', (expression, problem) => {
    for (const error of [errorOf(expression), errorOf(expression)]) expect(error).toMatch(`Invalid path: ${problem}`);
  });

  it('only ever throws InvalidPathError', () => {
    const words =
      'a "a" @ $ $x * [*] [] [0] [::-1] [? ] [ ( ) { } : , . | || && ! == < + - // ? & `1` \'s\' let in = length( \' ` " é';
    const joined = fc.tuple(fc.array(oneOf(words), { maxLength: 14 }), fc.constantFrom('', ' '));
    const texts = fc.oneof(
      joined.map(([parts, glue]) => parts.join(glue)),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(texts, values, (text, value) => {
        try {
          expect(JSON.stringify(find(text, value))).toBeDefined();
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidPathError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the cost of a path', () => {
  const LIMIT_REACHED = 'Invalid path: limit of 10000000 steps reached';
  const numbers = Array.from({ length: 100_000 }, (_, i) => i);
  const chain = (part: string, length = 512) => part.repeat(Math.floor(length / part.length));

  it.each([
    ['a sequence of projections', `@${chain('|[*]', 511)}`, numbers],
    ['repeated flattening', `@${chain('|[]', 511)}`, numbers],
    ['a chain of fields', `[*]${chain('.a', 509)}`, numbers],
    ['negations', `[?${chain('!', 508)}a]`, numbers],
    ['comparisons of long texts', `[?${chain('a==b&&', 507)}c]`, [{ a: chain('x', 2 ** 24), b: chain('x', 2 ** 24) }]],
    ['comparisons of large lists', `[?${chain('a==b&&', 507)}c]`, [{ a: numbers, b: [...numbers] }]],
    ['many parts of a large list', `[${chain('[*].a,', 504)}a]`, numbers],
    ['a payload of four million values', '[*].a', Array.from({ length: 4_000_000 }, () => 1)],
    ['a payload of a million values, and fields that each object inherits', '[*].toString', chain('x', 1e6).split('')],
  ])('is rejected beyond the limit: %s', (_, expression, value) => {
    expect(errorOf(expression, value)).toMatch(LIMIT_REACHED);
  });

  it.each<[string, JsonValue, number]>([
    ['a', null, 6],
    ['[*].[a, b]', numbers.slice(0, 1000), 20_000],
    ['*', Object.fromEntries(numbers.slice(0, 1000).entries()), 48_000],
    ['toString', numbers.slice(0, 1000), 20_000],
  ])('includes the values that %s reads and creates', (expression, value, least) => {
    const steps = stepsOf(expression, value);
    expect(steps).toBeGreaterThanOrEqual(least);
    expect(steps).toBeLessThan(least * 3);
  });

  it('is low for plain fields, and for long expressions over few values', () => {
    expect(stepsOf('a[0].b', { a: [{ b: 1 }], rest: numbers })).toBeLessThan(200);
    expect(find(`@${chain('|[*]', 511)}`, numbers.slice(0, 9))).toEqual(numbers.slice(0, 9));
    expect(find(`[*]${chain('.a', 509)}`, numbers.slice(0, 9))).toEqual([]);
  });

  it('is limited across all paths, at two per step of 100 runs', () => {
    const budget = createPathBudget();
    const messages = Array.from({ length: 20 }, () => ({ role: 'user', content: 'x'.repeat(1000) }));
    const findInSteps = (expression: string) => {
      for (let i = 0; i < 100 * 20; i += 1) find(expression, { choices: messages.slice(0, 1), messages }, budget);
    };
    findInSteps('choices[0].{text: content}');
    findInSteps("messages[?role == 'user'].content | [-1]");
    expect(() => {
      for (let i = 0; i < 10; i += 1) findInSteps('messages[-2:].content');
    }).toThrow(LIMIT_REACHED);
    expect(errorOf('choices', null, budget)).toMatch(LIMIT_REACHED);
  });

  it('includes parsing each new expression', () => {
    const budget = createPathBudget(50_000);
    const errors = Array.from({ length: 1000 }, (_, i) => errorOf(`new_${i}(`, null, budget));
    expect(errors[0]).toMatch('invalid token');
    expect(errors.at(-1)).toMatch('limit of 50000 steps reached');
  });
});
