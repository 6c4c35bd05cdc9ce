import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evaluatePath, InvalidPathError, MAX_EXPRESSION_LENGTH } from '../../src/domain/json-path/json-path.ts';
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

const find = (expression: string, value: JsonValue = document): JsonValue => evaluatePath(expression, value);

function errorOf(expression: string, value: JsonValue = document): InvalidPathError {
  try {
    evaluatePath(expression, value);
  } catch (error) {
    if (error instanceof InvalidPathError) return error;
    throw error;
  }
  throw new Error(`expected ${expression} to be invalid`);
}

describe('evaluatePath', () => {
  it.each<[string, JsonValue]>([
    ['choices[0].message.content', '  Hello\nworld  '],
    ['choices[-1].finish_reason', 'stop'],
    ['choices[*].message.role', ['assistant']],
    ['items[?id > `497`].id', [498, 499]],
    ['{in: usage.prompt_tokens, out: usage.completion_tokens}', { in: 10, out: 9 }],
    ['usage.*', [10, 9, 19]],
    ['tags | [0]', 'b'],
    ['length(items)', 500],
    ['sum(scores)', 20],
    ["join(', ', sort(tags))", 'a, b, c'],
    ['max_by(items, &id).id', 499],
    ['map(&[0], [tags, scores])', ['b', 10]],
    ['to_string(scores)', '[10,9,1]'],
    ['@.id', 'chatcmpl-1'],
    ['`{"a": [1]}`', { a: [1] }],
    ["scores[0] == `10` && 'yes'", 'yes'],
    [
      'let $first = scores[0] in map(&[@, $first], scores[1:])',
      [
        [9, 10],
        [1, 10],
      ],
    ],
  ])('%s', (expression, expected) => {
    expect(find(expression)).toEqual(expected);
  });

  it.each(['nothing', 'choices[7].message', 'id.deeper', 'id[0]', 'constructor', 'usage.toString', '"__proto__"'])(
    'finds nothing at %s',
    (expression) => {
      expect(find(expression)).toBeNull();
    },
  );

  it('mends what the library gets wrong', () => {
    expect(find('sort(scores)')).toEqual([1, 9, 10]);
    expect(find('sort_by(items, &group)[0:3].id')).toEqual([0, 3, 6]);
    expect(find('sort_by(items, &id)[-1].id')).toBe(499);
    expect(find('trim(choices[0].message.content)')).toBe('Hello\nworld');
    expect(find("trim_left('xxaxx', 'x')")).toBe('axx');
    expect(find("trim_right('xxaxx', 'x')")).toBe('xxa');
    expect(find("replace('a.a.a', 'a', '$&', `2`)")).toBe('$&.$&.a');
    expect(find("replace('abc', 'b', '')")).toBe('ac');
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
    ['a[?b', 5, '"]"', 'the end of the expression'],
    ['{a b}', 4, '":"', '"b"'],
    ['{"a": b,}', 9, 'a key', '"}"'],
    ['[1:2:3:4]', 7, 'at most two colons', '":"'],
    ['length(a', 9, 'a value', 'the end of the expression'],
    ['"length"(a)', 9, 'a function name without quotes', '"("'],
    ['', 1, 'a value', 'the end of the expression'],
    ['a # b', 3, 'a name, a number', '"#"'],
    ['a == 1-2', 6, 'a name, a number', '"1"'],
    ['a."b', 3, 'a closing "', 'the end of the expression'],
    ["['it's']", 7, "a closing '", 'the end of the expression'],
    ['a == `{`', 6, 'valid JSON', '`{`'],
    ['size(a)', 1, 'one of the functions abs, avg', 'size'],
    ['constructor(a)', 1, 'one of the functions abs, avg', 'constructor'],
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

describe('an expression that can’t be evaluated', () => {
  it.each([
    ['length(`5`)', 'length() expected argument 1 to be type (string | array | object) but received type number'],
    ['abs(id)', 'abs() expected argument 1 to be type (number)'],
    ['join(`1`)', 'join() takes at least 2 arguments but received 1'],
    ['sort_by(items, &nothing)', 'sort_by() expected its keys to be all numbers or all strings'],
    ['sort_by(items, group)', 'sort_by() expected argument 2'],
    ['id + `1`', 'expected numbers beside an operator'],
    ['scores[0] / `0`', 'expected numbers beside an operator'],
    ['scores[0] % `0`', 'a number became infinite or undefined'],
    ["to_number('1e999')", 'a number became infinite or undefined'],
    ['tags[::0]', 'step cannot be 0'],
    ['$nobody', 'expected a variable that "let" has set, got $nobody'],
    ['let $a in $a', 'expected a value that this expression can be evaluated over'],
    ['&id', 'expected a reference (&) only as an argument of a function'],
    ['not_null(&id)', 'expected an expression that yields a value'],
    ['map(forged, scores)', 'expected an expression reference (&)'],
    ["group_by([{a: '__proto__'}], &a)", 'expected a value that this expression can be evaluated over'],
    ["replace(id, 'a', 'b', `-1`)", 'replace() expected a whole number'],
  ])('%s: says why', (expression, problem) => {
    const error = errorOf(expression);
    expect(error.position).toBeNull();
    expect(error.message).toContain(problem);
  });
});

describe('an expression that would never come to an end, or whose result would fill the memory', () => {
  const piped = (part: string, times: number) => Array.from({ length: times }, () => part).join('|');

  it.each([
    ['nested maps', 'map(&map(&map(&@, $.items), $.items), items)'],
    ['doubling by flattening', piped('[@,@][]', 60)],
    ['doubling a text', `text|${piped("join('',[@,@])", 30)}`],
    ['printing what was doubled', `${piped('[@,@]', 80)}|to_string(@)`],
    ['comparing what was doubled', `${piped('[@,@]', 80)}|[@,@]==[@,@]`],
    ['repeating a list', `items|[${Array.from({ length: 100 }, () => '@').join(',')}][]|[@,@,@,@,@,@][]`],
    ['padding', "pad_left('a', `1000000000`)"],
    ['replacing nothing by much', "replace(text, '', text)"],
    ['searching backwards', "find_last(text, join('', ['b', text]))"],
    ['reading a long text often', 'map(&length($.text), items)'],
    ['trimming a long text often', "map(&trim($.text, 'a'), items)"],
  ])('%s is stopped', (_, expression) => {
    expect(errorOf(expression).message).toContain('expected an expression of less work');
  });

  it.each([
    ['doubling', piped('[@,@]', 80)],
    ['a plain result of 1 MiB', 'big'],
  ])('%s makes too long a result', (_, expression) => {
    expect(errorOf(expression, { big: 'x'.repeat(2 ** 20) }).message).toContain('at most 1048576 characters');
  });

  it('is told from one whose result just fits', () => {
    const fitting = 'x'.repeat(2 ** 20 - 2);
    expect(find('big', { big: fitting })).toBe(fitting);
  });

  it('survives values that are nested deeper than the stack', () => {
    let deep: JsonValue = [];
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(errorOf('to_string(@)', deep).message).toContain('expected an expression of less work');
  });
});

describe('any expression', () => {
  const part = fc.constantFrom(
    ...[
      'a',
      'b',
      '"a"',
      '@',
      '$',
      '$x',
      '*',
      '[*]',
      '[]',
      '[0]',
      '[::-1]',
      '[?',
      ']',
      '[',
      '(',
      ')',
      '{',
      '}',
      ':',
      ',',
    ],
    ...[
      '.',
      '|',
      '||',
      '&&',
      '!',
      '==',
      '<',
      '+',
      '-',
      '*',
      '/',
      '//',
      '%',
      '?',
      '&',
      '`1`',
      "'s'",
      '`[1,2]`',
      'let ',
      ' in ',
    ],
    ...[
      '=',
      'length(',
      'map(&',
      'sort_by(',
      'to_string(',
      'join(',
      'max(',
      'zip(',
      'merge(',
      'group_by(',
      'keys(',
      'type(',
    ],
    ...['replace(', 'pad_left(', 'split(', 'from_items(', 'reverse(', 'not_null(', 'é', '"', "'", '`', '\\', '-1', '0'],
  );
  const expression = fc.oneof(
    fc.array(part, { maxLength: 14 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 20 }),
  );

  it('finds JSON or throws InvalidPathError, and nothing else', () => {
    fc.assert(
      fc.property(expression, fc.jsonValue({ maxDepth: 3 }), (text, value) => {
        try {
          const found = evaluatePath(text, value as JsonValue);
          expect(JSON.stringify(found)).toBeDefined();
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidPathError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
