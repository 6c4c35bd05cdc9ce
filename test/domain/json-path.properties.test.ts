import { describe, expect, it } from '@jest/globals';
import { search } from '@jmespath-community/jmespath';
import fc from 'fast-check';
import { createPathBudget, evaluatePath, InvalidPathError } from '../../src/domain/json-path/json-path.ts';
import { costOfFields } from '../../src/domain/json-path/budget.ts';
import { jsonLength } from '../../src/domain/json-path/json-length.ts';
import type { JsonValue } from '../../src/domain/types.ts';

const find = (expression: string, value: JsonValue): JsonValue => evaluatePath(expression, value, createPathBudget());

const oneOf = (words: string, separator = ' ') => fc.constantFrom(...words.split(separator));

describe('any text', () => {
  const text = fc.array(
    oneOf(
      'a b "a" @ $ $x * [*] [] [0] [::-1] [? ] [ ( ) { } : , . | || && ! == < + - / // % ? & `1` \'s\' `[1,2]` let in = ' +
        'length( map(& sort_by( to_string( join( max( zip( merge( group_by( keys( type( replace( pad_left( split( ' +
        'from_items( reverse( not_null( é " \' ` \\ -1 0',
    ),
    { maxLength: 14 },
  );
  const expression = fc.oneof(
    fc.tuple(text, oneOf(' ,', ',')).map(([parts, glue]) => parts.join(glue)),
    fc.string({ maxLength: 20 }),
  );

  it('finds JSON or throws InvalidPathError, and nothing else', () => {
    fc.assert(
      fc.property(expression, fc.jsonValue({ maxDepth: 3 }), (text, value) => {
        try {
          expect(JSON.stringify(find(text, value as JsonValue))).toBeDefined();
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidPathError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('an expression that the library evaluates without an error', () => {
  const { expression } = fc.letrec<{ expression: string }>((tie) => {
    const any = tie('expression');
    const suffix = oneOf('.a;.b;.*;[*];[];[0];[:2];[?a];[?@ == `1`];.[a, b];.{x: a, y: @}', ';');
    const operator = oneOf('| || && == != < >= + - * % //');
    // The library gets contains, group_by, the order of equal texts, and the extremes by keys of text wrong.
    const unary = oneOf(
      'abs avg ceil floor keys length lower max merge min not_null items reverse sum to_array to_string type upper values zip trim',
    );
    const binary = oneOf('starts_with find_first find_last split join');
    return {
      expression: fc.oneof(
        { depthSize: 'small' },
        oneOf('a;b;c;@;$;*;[*];[];[0];[-1];[1:];[::-2];`1`;\'ab\';`[1,null,"a"]`;`{}`', ';'),
        fc.tuple(any, suffix).map(([left, right]) => left + right),
        fc.tuple(any, operator, any).map(([left, between, right]) => `(${left}) ${between} (${right})`),
        any.map((each) => `!(${each})`),
        fc.tuple(any, any).map(([a, b]) => `let $x = ${a} in [$x, (${b}), $.a]`),
        fc.tuple(any, any, any).map(([a, b, c]) => `(${a}) ? (${b}) : (${c})`),
        fc.tuple(unary, any).map(([name, each]) => `${name}(${each})`),
        fc.tuple(binary, any, any).map(([name, a, b]) => `${name}(${a}, ${b})`),
        fc.tuple(any, any).map(([a, b]) => `map(&(${a}), ${b})`),
        fc.tuple(any, any).map(([a, b]) => `sort_by(${b}, &length(to_string(${a})))`),
      ),
    };
  });
  const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, false, 0, 1, 2, -1.5, '', 'a', 'ab', 'b a'),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(oneOf('a b c'), tie('value'), { noNullPrototype: true }),
    ),
  }));

  it('finds the same', () => {
    let compared = 0;
    fc.assert(
      fc.property(expression, value, (text, given) => {
        let expected: JsonValue;
        try {
          expected = search(structuredClone(given) as Parameters<typeof search>[0], text);
        } catch {
          return;
        }
        compared += 1;
        expect(find(text, given)).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
    expect(compared).toBeGreaterThan(300);
  });
});

describe('searching', () => {
  const ofFewLetters = (minLength: number, maxLength: number) =>
    fc.string({ unit: fc.constantFrom('a', 'b'), minLength, maxLength });

  it('finds what the engine finds, also what is long and repeats itself', () => {
    const cases = fc.tuple(ofFewLetters(0, 3), fc.nat(60), ofFewLetters(0, 3), fc.nat(20), ofFewLetters(1, 3));
    fc.assert(
      fc.property(cases, fc.nat(5), ([head, times, tail, repeats, end], count) => {
        const text = (head + 'a'.repeat(times) + tail).repeat(repeats) + end;
        const found = 'a'.repeat(times) + end;
        const offset = (at: number) => (at === -1 ? null : at);
        expect(find('find_first([0], [1])', [text, found])).toBe(offset(text.indexOf(found)));
        expect(find('find_last([0], [1])', [text, found])).toBe(offset(text.lastIndexOf(found)));
        expect(find('contains([0], [1])', [text, found])).toBe(text.includes(found));
        const parts = text.split(found);
        expect(find('split([0], [1])', [text, found])).toEqual(parts);
        const rest = parts.slice(count).join(found);
        expect(find('split([0], [1], [2])', [text, found, count])).toEqual(
          count < parts.length ? [...parts.slice(0, count), rest] : parts,
        );
        expect(find("replace([0], [1], '$&')", [text, found])).toBe(parts.join('$&'));
      }),
    );
  });
});

describe('a slice', () => {
  it('is what is left of the list, from its start or its end', () => {
    const bound = fc.option(fc.integer({ min: -7, max: 7 }));
    const step = fc.option(fc.constantFrom(-3, -2, -1, 1, 2, 3));
    fc.assert(
      fc.property(fc.nat(5), bound, bound, step, (length, start, stop, by) => {
        const list = Array.from({ length }, (_, i) => i);
        const isBackwards = by !== null && by < 0;
        /** Counted from the end that the slice starts at. */
        const offset = (index: number) => {
          const at = index < 0 ? index + length : index;
          return Math.max(0, isBackwards ? length - 1 - at : at);
        };
        const expected = (isBackwards ? list.toReversed() : list)
          .slice(start === null ? 0 : offset(start), stop === null ? length : offset(stop))
          .filter((_, i) => i % Math.abs(by ?? 1) === 0);
        expect(find(`[${start ?? ''}:${stop ?? ''}:${by ?? ''}]`, list)).toEqual(expected);
        const text = list.join('');
        expect(find(`[${start ?? ''}:${stop ?? ''}:${by ?? ''}]`, text)).toBe(expected.join(''));
      }),
      { numRuns: 300 },
    );
  });
});

describe('ordering', () => {
  const byCodePoint = (a: string, b: string): number => {
    const [x, y] = [a, b].map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
    const at = x?.findIndex((code, i) => code !== y?.[i]) ?? -1;
    return at === -1 || y?.[at] === undefined ? a.length - b.length : (x?.[at] ?? 0) - y[at];
  };
  const number = fc.integer({ min: -3, max: 3 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\uffff', '\ue000', '😀', '😁'), maxLength: 3 });

  it('puts numbers by value, and texts by their characters', () => {
    fc.assert(
      fc.property(fc.array(number), fc.array(text), (numbers, texts) => {
        const lists: readonly (readonly [JsonValue, readonly JsonValue[]])[] = [
          [numbers, numbers.toSorted((a, b) => a - b)],
          [texts, texts.toSorted(byCodePoint)],
        ];
        for (const [given, sorted] of lists) {
          expect(find('[sort(@), min(@), max(@)]', given)).toEqual([sorted, sorted[0] ?? null, sorted.at(-1) ?? null]);
        }
        const counted = texts.map((each, at) => ({ each, at }));
        expect(find('sort_by(@, &each)', counted)).toEqual(counted.toSorted((a, b) => byCodePoint(a.each, b.each)));
        expect(find('map(&length(each), @)', counted)).toEqual(texts.map((each) => Array.from(each).length));
        expect(find('map(&reverse(each), @)', counted)).toEqual(
          texts.map((each) => Array.from(each).reverse().join('')),
        );
      }),
    );
  });
});

describe('searching within bounds', () => {
  it('is searching the part between them', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    const search = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(
        text,
        search,
        fc.integer({ min: -2, max: 9 }),
        fc.integer({ min: -2, max: 9 }),
        (given, one, from, to) => {
          const start = Math.max(0, from);
          const part = given.slice(start, to);
          const offset = (at: number) => (at === -1 ? null : start + at);
          const found = find('[find_first([0], [1], [2], [3]), find_last([0], [1], [2], [3])]', [given, one, from, to]);
          expect(found).toEqual([offset(part.indexOf(one)), offset(part.lastIndexOf(one))]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('trimming', () => {
  it('takes characters off the ends', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\u00a0', '😀', '\ud83d'), maxLength: 6 });
    fc.assert(
      fc.property(text, fc.constantFrom('', ' ', 'a', '😀', 'a😀'), (given, characters) => {
        const isTaken = (each: string) =>
          characters === '' ? each.trim() === '' : Array.from(characters).includes(each);
        const all = Array.from(given);
        const left = all.findIndex((each) => !isTaken(each));
        const right = all.findLastIndex((each) => !isTaken(each)) + 1;
        const from = left === -1 ? all.length : left;
        expect(find('[trim([0], [1]), trim_left([0], [1]), trim_right([0], [1])]', [given, characters])).toEqual([
          all.slice(from, Math.max(from, right)).join(''),
          all.slice(from).join(''),
          all.slice(0, right).join(''),
        ]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the length of a result', () => {
  const value = fc.jsonValue({ maxDepth: 3, stringUnit: fc.constantFrom('a', 'b') }).map((each) => each as JsonValue);

  it('is that of its JSON, or some number above the limit', () => {
    fc.assert(
      fc.property(value, fc.nat(60), (given, limit) => {
        const { length } = JSON.stringify(given);
        let spent = 0;
        expect(jsonLength(given, Infinity, (units) => (spent += units))).toBe(length);
        const containers = JSON.stringify(given).match(/[[{]/g)?.length ?? 0;
        const fields = JSON.stringify(given).match(/:/g)?.length ?? 0;
        expect(spent).toBeGreaterThanOrEqual(containers + 2 * fields);
        const limited = jsonLength(given, limit, () => undefined);
        if (length <= limit) expect(limited).toBe(length);
        else expect(limited).toBeGreaterThan(limit);
      }),
      { numRuns: 300 },
    );
  });

  it('costs more for each field of a large object', () => {
    expect([0, 1, 100].map(costOfFields)).toEqual([0, 1, 100]);
    expect(costOfFields(101)).toBeGreaterThan(2 * costOfFields(100));
  });
});
