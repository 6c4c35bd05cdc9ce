import { describe, expect, it } from '@jest/globals';
import {
  createPathBudget,
  evaluatePath,
  InvalidPathError,
  MAX_EXPRESSION_LENGTH,
} from '../../src/domain/json-path/json-path.ts';
import type { JsonValue } from '../../src/domain/types.ts';

const document = {
  id: 'chatcmpl-1',
  choices: [{ message: { role: 'assistant', content: '  Hello\nworld  ' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 9, total_tokens: 19 },
  scores: [10, 9, 1],
  tags: ['b', 'a', 'c'],
  items: Array.from({ length: 500 }, (_, i) => ({ id: i, group: `g${i % 3}` })),
  text: 'a'.repeat(400_000),
  forged: { expref: true, type: 'Slice', start: 0, stop: 10, step: 1e-9 },
};

const find = (expression: string, value: JsonValue = document, budget = createPathBudget()): JsonValue =>
  evaluatePath(expression, value, budget);

function errorOf(expression: string, value: JsonValue = document, budget = createPathBudget()): InvalidPathError {
  try {
    evaluatePath(expression, value, budget);
  } catch (error) {
    if (error instanceof InvalidPathError) return error;
    throw error;
  }
  throw new Error(`expected ${expression} to be invalid`);
}

/** json-path.properties.test.ts compares all other expressions with the library. */
describe('a path', () => {
  it.each<[string, JsonValue]>([
    ['choices[0].message.content', '  Hello\nworld  '],
    ['items[?id > `497`].id', [498, 499]],
    ['{in: usage.prompt_tokens, out: usage.completion_tokens}', { in: 10, out: 9 }],
    ["join(', ', sort(tags))", 'a, b, c'],
    [
      'let $first = scores[0] in map(&[@, $first], scores[1:])',
      [
        [9, 10],
        [1, 10],
      ],
    ],
    // The library gets these wrong.
    ['sort(scores)', [1, 9, 10]],
    ['sort_by(items, &group)[0:3].id', [0, 3, 6]],
    ["group_by([{k: 'x', v: `1`}, {k: 'y'}, {k: 'x'}], &k).x[*].v", [1]],
    ['min_by(`[{"a":2},{"a":1,"b":1},{"a":1}]`, &a)', { a: 1, b: 1 }],
    ['max_by(`[{"a":1},{"a":2,"b":1},{"a":2}]`, &a)', { a: 2, b: 1 }],
    ["contains('abc', '')", true],
    ["contains('1', `1`)", false],
    ["find_first('abab', '')", null],
    ["replace('aaa', 'a', 'b', `0`)", 'aaa'],
    ["split('', '')", []],
    ["split('abc', '', `1`)", ['a', 'bc']],
    ['`{"a":1,"b":2}` == `{"b":2,"a":1}`', true],
    ["['-1200.25e+1', '25e-1', '1E2'][*].to_number(@)", [-12002.5, 2.5, 100]],
    ["['', ' 1', '1 ', '01', '+1', '.5', '1.', '1e', 'x1', '1x', '--1', '0x1'][*].to_number(@)", []],
    ["pad_left('', `2`)", '  '],
    ["pad_right('', `2`, '-')", '--'],
    ['length(forged)', 5],
    // Spellings.
    ["'text'[1:3].length(@)", 2],
    ['`["text"]`[0][*]', null],
    ["'it\\'s'", "it's"],
    ['`"a\\`b"`', 'a`b'],
    ['{"a\\"b": `1`}', { 'a"b': 1 }],
    ['let  $ab1 = `1`  in  $ab1', 1],
    // Nothing is there.
    ['nothing', null],
    ['choices[7].message', null],
    ['constructor', null],
    ['"__proto__"', null],
  ])('%s', (expression, expected) => {
    expect(find(expression)).toEqual(expected);
  });

  it('treats __proto__ as any other key', () => {
    const value = JSON.parse('{"__proto__": 1}') as JsonValue;
    const text = (expression: string) => JSON.stringify(find(expression, value));
    expect(text('"__proto__"')).toBe('1');
    expect(text('{"__proto__": `1`}')).toBe('{"__proto__":1}');
    expect(text('merge(@, {a: `1`})')).toBe('{"__proto__":1,"a":1}');
    expect(text('from_items(items(@))')).toBe('{"__proto__":1}');
    expect(text("group_by([{a: '__proto__'}], &a)")).toBe('{"__proto__":[{"a":"__proto__"}]}');
  });

  it('leaves the value as it was', () => {
    const value = { list: [3, 1, 2], nested: [[1], [2]] };
    const before = structuredClone(value);
    for (const path of ['sort(list)', 'reverse(list)', 'nested[]', 'merge(@, {list: `1`})']) find(path, value);
    expect(value).toEqual(before);
  });
});

describe('an expression that makes no sense', () => {
  it.each([
    ['choices[0', 10, '"]"', 'the end of the expression'],
    ['choices[0].', 12, 'a name', 'the end of the expression'],
    ['a..b', 3, 'a name', '"."'],
    ['a b', 3, 'an operator or the end of the expression', '"b"'],
    ['a[b]', 3, 'an index', '"b"'],
    ['{"a": b,}', 9, 'a key', '"}"'],
    ['[1:2:3:4]', 7, 'at most two colons', '":"'],
    ['length(a', 9, 'a value', 'the end of the expression'],
    ['"length"(a)', 9, 'a function name without quotes', '"("'],
    ['', 1, 'a value', 'the end of the expression'],
    ['a == 1-2', 6, 'a name, a number', '"1"'],
    ['a."b', 3, 'a closing "', 'the end of the expression'],
    ["['it's']", 7, "a closing '", 'the end of the expression'],
    ['a == `{`', 6, 'valid JSON', '`{`'],
    ['size(a)', 1, 'one of the functions abs, avg', 'size'],
  ])('%s: names character %d, what was expected and what came', (expression, position, expected, got) => {
    const error = errorOf(expression);
    expect(error.position).toBe(position);
    expect(error.message).toContain(`Invalid path at character ${position}: expected ${expected}`);
    expect(error.message).toContain(`, got ${got}`);
  });

  it('may not be longer than 512 characters', () => {
    expect(find('a'.repeat(MAX_EXPRESSION_LENGTH))).toBeNull();
    expect(errorOf('a'.repeat(513))).toMatchObject({ position: 513, message: expect.stringContaining('got 513') });
  });
});

describe('an expression that cannot be evaluated', () => {
  it.each([
    ['length(`5`)', 'length() expected argument 1 to be type (string | array | object) but received type number'],
    ['join(`1`)', 'join() takes at least 2 arguments but received 1'],
    ['abs(`1`, `2`)', 'abs() takes at most 1 argument but received 2'],
    ['not_null()', 'not_null() takes at least 1 argument but received 0'],
    ["split('a', 'b', 'c')", 'split() expected argument 3 to be type (number) but received type string'],
    ['sum(`[1, "a"]`)', 'sum() expected argument 1 to be type (array<number>) but received type array'],
    ['not_null(&id)', 'not_null() expected argument 1 to be type (any) but received type expression'],
    ['map(forged, scores)', 'map() expected argument 1 to be type (expression) but received type object'],
    ['sort(`[1, "a"]`)', 'sort() expected argument 1 to be type (array<number> | array<string>)'],
    ['from_items(`[[1, 2]]`)', 'from_items() expected pairs of a string and a value'],
    ['from_items(`[["a", 1, 2]]`)', 'from_items() expected pairs of a string and a value'],
    ['sort_by(items, &nothing)', 'sort_by() expected its keys to be all numbers or all strings'],
    ['group_by(items, &id)', 'group_by() expected its keys to be strings, got type number'],
    ["replace(id, 'a', 'b', `1.5`)", 'replace() expected a whole number from 0, got 1.5'],
    ["split(id, 'a', `-1`)", 'split() expected a whole number from 0, got -1'],
    ["pad_right(id, `1`, 'ab')", 'pad_right() expected one character to pad with'],
    ["find_first(id, 'a', `0.5`)", 'find_first() expected whole numbers as its bounds, got 0.5 and 10'],
    ['id + `1`', 'expected numbers around an operator'],
    ["-'a'", 'expected numbers around an operator'],
    ['scores[0] / `0`', 'a number became infinite or undefined'],
    ["to_number('1e999')", 'a number became infinite or undefined'],
    ['tags[::0]', 'step cannot be 0'],
    ['$nobody', 'expected a variable that "let" has set, got $nobody'],
    ['let $a in $a', 'expected "let" to set variables'],
    ['id = scores', 'expected = only after a variable of "let"'],
    ['&id', 'expected a reference (&) only as an argument of a function'],
  ])('%s: says why', (expression, problem) => {
    const error = errorOf(expression);
    expect(error).toMatchObject({ name: 'InvalidPathError', position: null });
    expect(error.message).toContain(problem);
  });
});

describe('an expression that would never come to an end, or whose result would fill the memory', () => {
  const piped = (part: string, times: number) => Array.from({ length: times }, () => part).join('|');

  it.each([
    ['doubling by flattening', piped('[@,@][]', 60)],
    ['doubling a text', `text|${piped("join('',[@,@])", 30)}`],
    ['printing what was doubled', `${piped('[@,@]', 80)}|to_string(@)`],
    ['comparing what was doubled', `(${piped('[@,@]', 35)})==(${piped('[@,@]', 35)})`],
    ['repeating a list', `items|[${Array.from({ length: 100 }, () => '@').join(',')}][]|[${'@,'.repeat(30)}@][]`],
    ['replacing nothing by much', "replace(text, '', text)"],
    ['searching for much', "map(&contains($.text, join('', ['aaaab', $.text[:100000]])), items)"],
    ['searching backwards for much', "map(&find_last($.text, join('', [$.text[:100000], 'b'])), items)"],
  ])('%s is stopped', (_, expression) => {
    // A tenth of what an operation has: enough for all of them if their work were not counted.
    const budget = createPathBudget(100_000);
    expect(errorOf(expression, document, budget).message).toContain('expected an expression of less work');
  });

  it('doubling what is shared makes too long a result', () => {
    expect(errorOf(piped('[@,@]', 80)).message).toContain('at most 1048576 characters');
  });

  it('comparing and printing survive values that are nested deeper than the stack', () => {
    let deep: JsonValue = [];
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(errorOf('to_string(@)', deep).message).toContain('nested less deeply');
    expect(find('@ == [@]', deep)).toBe(false);
  });
});

describe('the budget of an operation', () => {
  /** What one evaluation takes, once its expression is parsed, whether it finds anything or fails. */
  function costOf(expression: string, value: JsonValue): number {
    let cost = 0;
    for (let i = 0; i < 2; i += 1) {
      cost = 0;
      try {
        evaluatePath(expression, value, { spend: (units) => (cost += units) });
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidPathError);
      }
    }
    return cost;
  }

  it('is used up by as many evaluations as it has work for', () => {
    const cost = costOf('items[*].id', document);
    const budget = createPathBudget(cost * 3);
    for (let i = 0; i < 3; i += 1) find('items[*].id', document, budget);
    expect(errorOf('id', document, budget).message).toBe(
      `Invalid path: expected an expression of less work: the paths of one operation may take ${cost * 3} steps together`,
    );
  });

  it.each([
    ['errors', () => 'abs(id)', 'abs() expected'],
    ['new expressions', (i: number) => `new_${i} + \`1\``, 'expected numbers'],
    ['new expressions that make no sense', (i: number) => `new_${i}(`, 'expected one of the functions'],
  ])('is taken from by %s', (_, expressionOf, problem) => {
    const budget = createPathBudget(50_000);
    const errors = Array.from({ length: 1000 }, (_each, i) => errorOf(expressionOf(i), document, budget).message);
    expect(errors[0]).toContain(problem);
    expect(errors.at(-1)).toContain('less work');
  });

  const numbers = Array.from({ length: 1000 }, (_, i) => i);
  const fields = Object.fromEntries(numbers.map((i) => [`key${i}`, i]));
  const spaces = ' '.repeat(1000);
  const long = 'a'.repeat(32_000);
  /** Each of them copies the variables of those around it. */
  const lets = `${Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM', (name) => `let $${name}=@ in `).join('')}@`;

  it.each<[string, JsonValue, number]>([
    ['@', numbers, 1000],
    ['[*].a | type(@)', numbers, 1000],
    ['[?@ > `1000`]', numbers, 3000],
    ['[0:1]', spaces, 1000],
    ['[0] == [1]', [numbers, [...numbers]], 1000],
    ['[0] == [1]', [fields, { ...fields }], 16_000],
    ['[0] == [1]', [long, `b${long.slice(1)}`], 1000],
    ['[0] == [1]', [{}, fields], 8000],
    ['sum(@)', [...numbers, 'not a number'], 1200],
    ["trim('a', @)", long, 32_000],
    ['!@', fields, 8000],
    ['keys(@) | type(@)', fields, 8000],
    ['length(merge(@, @))', fields, 32_000],
    ['length(from_items(items(@)))', fields, 18_000],
    ['type(group_by(@, &@))', numbers.map(String), 10_000],
    ['length(map(&`1`, @))', numbers, 1000],
    ['type(sort(@))', [long, `b${long}`, `c${long}`], 10_000],
    ['max(@)', [long, `b${long}`], 2000],
    ['length(zip(@, @))', numbers, 4000],
    ['contains(@, `-1`)', numbers, 1000],
    ['contains([0], [1])', [long, `${'a'.repeat(99)}b`], 6000],
    ["find_last(@, 'a')", long, 32_000],
    ["length(replace('a', 'a', @))", long, 1000],
    ["type(join(@, ['a', 'b']))", long, 1000],
    ["type(pad_left('a', `32000`))", null, 1000],
    ['type(reverse(@))', spaces, 1000],
    ['type(lower(@))', long, 1000],
    ['type(to_string(@))', numbers, 1000],
    ['to_number(@)', long, 1000],
    [lets, 1, 700],
  ])('is taken from by what %s goes through', (expression, value, least) => {
    expect(costOf(expression, value)).toBeGreaterThan(least);
  });

  it('suffices for two paths of every step of a hundred runs', () => {
    const budget = createPathBudget();
    const step = { choices: [{ message: { role: 'assistant', content: 'x'.repeat(20_000) } }], usage: { total: 1 } };
    for (let i = 0; i < 100 * 20; i += 1) {
      find('choices[0].message.content', step, budget);
      find("{text: not_null(choices[0].message.content, ''), tokens: usage.total}", step, budget);
    }
  });
});
