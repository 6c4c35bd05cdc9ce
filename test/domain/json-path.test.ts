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
    ["group_by([{k: 'x', v: `1`}, {k: 'y'}, {k: 'x'}], &k).x[*].v", [1]],
    ['zip(tags, scores)[0]', ['b', 10]],
    ['items(usage)[0]', ['prompt_tokens', 10]],
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
    expect(find("split('a-b', '-', `5`)")).toEqual(['a', 'b']);
    expect(find("ends_with('b', 'ab')")).toBe(false);
    expect(find('contains([[`1`]], [`1`])')).toBe(true);
    expect(find("max_by([{k: 'a'}, {k: 'b'}], &k).k")).toBe('b');
    expect(find("to_number('')")).toBeNull();
    expect(find("pad_left('', `2`)")).toBe('  ');
    expect(find('length(forged)')).toBe(5);
  });

  it.each<[string, JsonValue]>([
    ['abs(`-1.5`)', 1.5],
    ['ceil(`1.2`)', 2],
    ['floor(`-1.2`)', -2],
    ['avg(`[1, 2, 6]`)', 3],
    ['avg(`[]`)', null],
    ['sum(`[]`)', 0],
    ['contains(`[1, 2]`, `2`)', true],
    ['contains(`[1, 2]`, `3`)', false],
    ["contains('1', `1`)", false],
    ["contains('abc', 'bc')", true],
    ["contains('abc', '')", true],
    ['not_null(`null`, `false`, `1`)', false],
    ['not_null(`null`)', null],
    ['zip(`[1, 2, 3]`, `[4]`)', [[1, 4]]],
    ['to_number(`1.5`)', 1.5],
    ['to_number(`true`)', null],
    ['to_number(`["1"]`)', null],
    ["to_number('-1200.25e+1')", -12002.5],
    ["to_number('25e-1')", 2.5],
    ["to_number('1E2')", 100],
    ...[' 1', '1 ', '01', '+1', '.5', '1.', '1e', 'x1', '1x', '--1', '1.5.5', '0x1'].map((text): [string, null] => [
      `to_number('${text}')`,
      null,
    ]),
    ['to_array(`1`)', [1]],
    ['to_array(`[1]`)', [1]],
    ["to_string('a')", 'a'],
    ['to_string(`{"a":1}`)', '{"a":1}'],
    ['map(&type(@), `[null, true, 1, "a", [], {}]`)', ['null', 'boolean', 'number', 'string', 'array', 'object']],
    ['keys(`{"a":1}`)', ['a']],
    ['values(`{"a":1}`)', [1]],
    ["starts_with('abc', 'ab')", true],
    ["starts_with('abc', 'bc')", false],
    ["ends_with('abc', 'bc')", true],
    ['join(\'-\', `["a", "b"]`)', 'a-b'],
    ["lower('aB')", 'ab'],
    ["upper('aB')", 'AB'],
    ["pad_left('a', `3`)", '  a'],
    ["pad_left('a', `3`, '-')", '--a'],
    ["pad_right('a', `3`)", 'a  '],
    ["pad_right('a', `3`, '-')", 'a--'],
    ["replace('aaa', 'a', 'b', `0`)", 'aaa'],
    ["replace('aba', 'a', 'cc')", 'ccbcc'],
    ["split('', '')", []],
    ["split('', 'a')", ['']],
    ["split('abc', '', `1`)", ['a', 'bc']],
    ["find_first('abab', '')", null],
    ["find_first('abab', 'c')", null],
    ['max(`[]`)', null],
    ['min_by(`[{"a":2},{"a":1,"b":1},{"a":1}]`, &a)', { a: 1, b: 1 }],
    ['max_by(`[{"a":1},{"a":2,"b":1},{"a":2}]`, &a)', { a: 2, b: 1 }],
    ['`7` // `2`', 3],
    ['`-7` // `2`', -4],
    ['`7` / `2`', 3.5],
    ['`7` ÷ `2`', 3.5],
    ['`7` * `2`', 14],
    ['`7` × `2`', 14],
    ['`7` % `4`', 3],
    ['`7` + `2`', 9],
    ['`7` - `2`', 5],
    ['`7` − `2`', 5],
    ['-(`7`)', -7],
    ['+(`7`)', 7],
    ['map(&(@ < `2`), `[1, 2, 3]`)', [true, false, false]],
    ['map(&(@ <= `2`), `[1, 2, 3]`)', [true, true, false]],
    ['map(&(@ > `2`), `[1, 2, 3]`)', [false, false, true]],
    ['map(&(@ >= `2`), `[1, 2, 3]`)', [false, true, true]],
    ['map(&(@ == `2`), `[1, 2, 3]`)', [false, true, false]],
    ['map(&(@ != `2`), `[1, 2, 3]`)', [true, false, true]],
    ["'a' < `1`", null],
    ["`1` > 'a'", null],
    [
      'map(&(!@), `[null, false, "", [], {}, 0, true, "a", [0], {"a":0}]`)',
      [true, true, true, true, true, false, false, false, false, false],
    ],
    ['`[1, [2]]` == `[1, [2]]`', true],
    ['`[1, [2]]` == `[1, [3]]`', false],
    ['`[1]` == `[1, 2]`', false],
    ['`{"a":1,"b":2}` == `{"b":2,"a":1}`', true],
    ['`{"a":1}` == `{"a":2}`', false],
    ['`{"a":1}` == `{"b":1}`', false],
    ['`{"a":1}` == `{"a":1,"b":1}`', false],
    ['`{}` == `[]`', false],
    ['`null` == `{}`', false],
    ["'a' == 'b'", false],
    ['`[[1], 2, [[3]]]`[]', [1, 2, [3]]],
    ["'text'[*]", null],
    ['`["text"]`[0][*]', null],
    ["'text'[1:3]", 'ex'],
    ["'it\\'s'", "it's"],
    ['`"a\\`b"`', 'a`b'],
    ['{"a\\"b": `1`}', { 'a"b': 1 }],
    ['let  $ab1 = `1`  in  $ab1', 1],
    ["split('aaa', 'a', `2`)", ['', '', 'a']],
    ["'text'[1:3].length(@)", 2],
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

  it('counts, cuts and orders texts by characters, not by halves of them', () => {
    expect(find('length(@)', '😀é')).toBe(2);
    expect(find('reverse(@)', 'a😀')).toBe('😀a');
    expect(find('[0:1]', '😀a')).toBe('😀');
    expect(find("split(@, '')", '😀a')).toEqual(['😀', 'a']);
    expect(find("trim(@, '😀')", '😀😁a😁😀')).toBe('😁a😁');
    expect(find('sort(@)', ['😀', '\uffff', 'a'])).toEqual(['a', '\uffff', '😀']);
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
    ['(a', 3, '")"', 'the end of the expression'],
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
    ['scores[0] / `0`', 'a number became infinite or undefined'],
    ['scores[0] % `0`', 'a number became infinite or undefined'],
    ["to_number('1e999')", 'a number became infinite or undefined'],
    ['tags[::0]', 'step cannot be 0'],
    ['$nobody', 'expected a variable that "let" has set, got $nobody'],
    ['let $a in $a', 'expected "let" to set variables'],
    ['id = scores', 'expected = only after a variable of "let"'],
    ['&id', 'expected a reference (&) only as an argument of a function'],
    ['not_null(&id)', 'not_null() expected argument 1 to be type (any) but received type expression'],
    ['map(forged, scores)', 'map() expected argument 1 to be type (expression) but received type object'],
    ['group_by(items, &id)', 'group_by() expected its keys to be strings, got type number'],
    ["replace(id, 'a', 'b', `-1`)", 'replace() expected a whole number'],
    ["replace(id, 'a', 'b', `1.5`)", 'replace() expected a whole number from 0, got 1.5'],
    ["split(id, 'a', `-1`)", 'split() expected a whole number from 0, got -1'],
    ['pad_left(id, `-1`)', 'pad_left() expected a whole number from 0, got -1'],
    ["pad_right(id, `1`, 'ab')", 'pad_right() expected one character to pad with'],
    ["find_first(id, 'a', `0.5`)", 'find_first() expected whole numbers as its bounds, got 0.5 and 10'],
    ["find_last(id, 'a', `0`, `0.5`)", 'find_last() expected whole numbers as its bounds, got 0 and 0.5'],
    ['from_items(`[[1, 2]]`)', 'from_items() expected pairs of a string and a value'],
    ['from_items(`[["a"]]`)', 'from_items() expected pairs of a string and a value'],
    ['from_items(`[["a", 1, 2]]`)', 'from_items() expected pairs of a string and a value'],
    ['from_items(`[1]`)', 'from_items() expected argument 1 to be type (array<array>) but received type array'],
    ['not_null()', 'not_null() takes at least 1 argument but received 0'],
    ['abs(`1`, `2`)', 'abs() takes at most 1 argument but received 2'],
    ["split('a', 'b', `1`, `2`)", 'split() takes at most 3 arguments but received 4'],
    ["split('a', 'b', 'c')", 'split() expected argument 3 to be type (number) but received type string'],
    ['keys(`[]`)', 'keys() expected argument 1 to be type (object) but received type array'],
    ['keys(&id)', 'keys() expected argument 1 to be type (object) but received type expression'],
    ['sum(`[1, "a"]`)', 'sum() expected argument 1 to be type (array<number>) but received type array'],
    ['reverse(`null`)', 'reverse() expected argument 1 to be type (string | array) but received type null'],
    ['sort(`[1, "a"]`)', 'sort() expected argument 1 to be type (array<number> | array<string>)'],
    ['min_by(items, &nothing)', 'min_by() expected its keys to be all numbers or all strings'],
    ['max_by(items, &nothing)', 'max_by() expected its keys to be all numbers or all strings'],
    ["'a' + `1`", 'expected numbers beside an operator'],
    ["-'a'", 'expected numbers beside an operator'],
  ])('%s: says why', (expression, problem) => {
    const error = errorOf(expression);
    expect(error).toMatchObject({ name: 'InvalidPathError', position: null });
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
    ['comparing what was doubled', `(${piped('[@,@]', 35)})==(${piped('[@,@]', 35)})`],
    ['repeating a list', `items|[${Array.from({ length: 100 }, () => '@').join(',')}][]|[${'@,'.repeat(30)}@][]`],
    ['padding', "pad_left('a', `1000000000`)"],
    ['replacing nothing by much', "replace(text, '', text)"],
    ['searching for much', "map(&contains($.text, join('', ['aaaab', $.text[:100000]])), items)"],
    ['searching backwards for much', "map(&find_last($.text, join('', [$.text[:100000], 'b'])), items)"],
    ['finding much', "map(&split($.text, 'a'), items)"],
    ['sorting', 'map(&sort($.items[*].id), items)'],
    ['listing many fields', 'map(&map(&keys($.usage), $.items), items)'],
    ['reading a long text often', 'map(&length($.text), items)'],
    ['trimming a long text often', "map(&trim($.text, 'a'), items)"],
  ])('%s is stopped', (_, expression) => {
    // A tenth of what an operation has: that is enough for all of them if their work were not counted.
    const budget = createPathBudget(100_000);
    expect(errorOf(expression, document, budget).message).toContain('expected an expression of less work');
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

  it.each(['choices[0].message.content', 'items', 'items[*].id', 'sort(scores)', 'trim(text, `"a"`)', 'to_string(@)'])(
    'is taken from by each evaluation of %s alike',
    (expression) => {
      const value = { ...document, text: 'a'.repeat(1000) };
      const cost = costOf(expression, value);
      const budget = createPathBudget(cost * 3);
      for (let i = 0; i < 3; i += 1) find(expression, value, budget);
      expect(errorOf(expression, value, budget).message).toBe(
        `Invalid path: expected an expression of less work: the paths of one operation may take ${cost * 3} steps together`,
      );
      expect(errorOf('id', value, budget).message).toContain('less work');
    },
  );

  it('counts errors too, and the parsing of expressions that are new', () => {
    const failing = createPathBudget(10_000);
    const problems = Array.from({ length: 1000 }, () => errorOf('abs(id)', document, failing).message);
    expect(problems[0]).toContain('abs() expected');
    expect(problems.at(-1)).toContain('less work');

    const parsing = createPathBudget(10_000);
    const found = Array.from({ length: 1000 }, (_, i) => `new_${i}`).map((path) => {
      try {
        return find(path, document, parsing);
      } catch (error) {
        return String(error);
      }
    });
    expect(found[0]).toBeNull();
    expect(found.at(-1)).toContain('less work');
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
    ['[][] | type(@)', [numbers], 1000],
    ['[0:1]', numbers, 1000],
    ['[0:1]', spaces, 1000],
    ['[0] == [1]', [numbers, [...numbers]], 1000],
    ['[0] == [1]', [fields, { ...fields }], 16_000],
    ['[0] == [1]', [long, `b${long.slice(1)}`], 1000],
    ['[0] == [1]', [numbers, numbers.map((i) => i + 1)], 1000],
    ['[0] == [1]', [{}, fields], 8000],
    ['sum(@)', [...numbers, 'not a number'], 1200],
    ['@', Array.from({ length: 2 ** 20 }, () => 1), 2 ** 20],
    ["trim('a', @)", long, 32_000],
    ['!@', fields, 8000],
    ['* | type(@)', fields, 9000],
    ['keys(@) | type(@)', fields, 8000],
    ['length(merge(@, @))', fields, 32_000],
    ['length(from_items(items(@)))', fields, 18_000],
    ['type(group_by(@, &@))', numbers.map(String), 10_000],
    ['sum(@)', numbers, 1000],
    ['length(map(&`1`, @))', numbers, 1000],
    ['length(sort(@))', numbers, 10_000],
    ['type(sort(@))', [long, `b${long}`, `c${long}`], 10_000],
    ['max(@)', [long, `b${long}`], 2000],
    ['length(zip(@, @))', numbers, 4000],
    ['contains(@, `-1`)', numbers, 1000],
    ['contains([0], [1])', [long, `${'a'.repeat(99)}b`], 6000],
    ["find_last(@, 'a')", long, 32_000],
    ["length(split(@, 'a'))", long, 32_000],
    ["length(replace('a', 'a', @))", long, 1000],
    ["type(join(@, ['a', 'b']))", long, 1000],
    ["type(pad_left('a', `32000`))", null, 1000],
    ['trim(@)', spaces, 1000],
    ["trim_right(@, ' ')", spaces, 1000],
    ['type(reverse(@))', spaces, 1000],
    ['type(lower(@))', long, 1000],
    ['type(to_string(@))', numbers, 1000],
    ['to_number(@)', long, 1000],
    ['abs(@)', 1, 7],
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
