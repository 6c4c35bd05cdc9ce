import { describe, expect, it } from '@jest/globals';
import { search } from '@jmespath-community/jmespath';
import fc from 'fast-check';
import { createPathBudget, evaluatePath, InvalidPathError } from '../../src/domain/json-path/json-path.ts';
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
