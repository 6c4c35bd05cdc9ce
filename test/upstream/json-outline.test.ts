import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_ITEMS, NotJsonError, outlineOf, type Outline } from '../../src/upstream/transport/json-outline.ts';
import { finished } from '../support/read-wire.ts';

const outline = (json: string, names: readonly string[] = ['a', 'b']): Outline =>
  finished(outlineOf(Buffer.from(json), new Set(names)));

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const isOutlined = (text: string): boolean => {
  try {
    outline(text);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(NotJsonError);
    return false;
  }
};

const blanks = fc.constantFrom('', '', ' ', '\t', '\r\n');

/** JSON as some upstream may write it: with blanks, and with escapes where none are needed. */
const written: fc.Arbitrary<string> = fc
  .tuple(fc.jsonValue({ maxDepth: 4 }), blanks, fc.boolean())
  .map(([value, blank, isEscaped]) => {
    const text = JSON.stringify(value, null, blank);
    const escaped = isEscaped ? text.replaceAll(/[a-z\u0080-\uffff](?=[^"]*"[^"\\]*$)/g, escapeOf) : text;
    return `${blank}${isJson(escaped) ? escaped : text}${blank}`;
  });

const escapeOf = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

describe('the outline of JSON', () => {
  it('is that of JSON alone: one place of it changed, and it is JSON where JSON.parse says so', () => {
    const change = fc.constantFrom(...'"\\[]{},:0123456789+-.eEntrufalse \n\u0001\u007fü'.split(''), '');
    fc.assert(
      fc.property(written, fc.nat(), fc.nat(2), change, (text, place, cut, put) => {
        const at = place % (text.length + 1);
        const changed = `${text.slice(0, at)}${put}${text.slice(at + cut)}`;
        expect(isOutlined(text)).toBe(true);
        expect(isOutlined(changed)).toBe(isJson(changed));
      }),
      { numRuns: 2000 },
    );
  });

  it('is that of JSON alone: numbers, words and texts of any characters', () => {
    const token = fc.oneof(
      fc.stringMatching(/^[0-9+.eE-]{0,8}$/),
      fc.stringMatching(/^[truefalsn]{0,5}$/),
      fc
        .string({ unit: fc.constantFrom('\\', '"', 'u', 'n', 'x', '0', 'A', 'f', '/', '\n', '\u007f', '€') })
        .map((text) => `"${text}"`),
      fc.constantFrom('true', 'false', 'null', '\uFEFF1', '1 2', '', ' '),
    );
    fc.assert(
      fc.property(
        token,
        fc.constantFrom('', '[', '{"a":'),
        fc.constantFrom('', ']', '}', ',', ':'),
        (text, before, after) => {
          const json = `${before}${text}${after}`;
          expect(isOutlined(json)).toBe(isJson(json));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('has the items of a list and the named members of each, or those of the one value', () => {
    const names = ['a', 'outputs', '__proto__'];
    const name = fc.oneof(fc.string(), fc.constantFrom(...names));
    const object = fc.dictionary(name, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(object, fc.jsonValue({ maxDepth: 2 }))),
        fc.boolean(),
        blanks,
        (values, isList, blank) => {
          const value = isList ? values : (values[0] ?? {});
          const text = `${blank}${JSON.stringify(value, null, blank)}${blank}`;
          const bytes = Buffer.from(text);
          const found = outline(text, names);
          const textAt = ({ start, end }: { start: number; end: number }) =>
            JSON.parse(bytes.toString('utf8', start, end)) as unknown;
          const items = (Array.isArray(value) ? value : [value]) as unknown[];
          expect(found.isList).toBe(Array.isArray(value));
          expect(found.items.map(textAt)).toEqual(items);
          expect(
            found.items.map(({ members }) => members.map((member) => [member.name, textAt(member), member.place])),
          ).toEqual(
            items.map((item) =>
              typeof item === 'object' && item !== null && !Array.isArray(item)
                ? Object.entries<unknown>(item as Record<string, unknown>)
                    .map(([key, of], place) => [key, of, place])
                    .filter(([key]) => names.includes(key as string))
                : [],
            ),
          );
          expect(found.itemCount).toBe(items.length);
        },
      ),
    );
  });

  it('has one member of a name, the last one, however the name is written, and no more items than are read', () => {
    const [item] = outline(`{"a":0,"\\u0062":[1],${'"a":1,"c":2,'.repeat(1000)}"\\u0061" :3,"c":4}`).items;
    expect(item?.members.map(({ name, place }) => [name, place])).toEqual([
      ['b', 1],
      ['a', 2002],
    ]);
    const many = outline(`[${'{"a":1},'.repeat(MAX_ITEMS)}{"a":1}, 2]`);
    expect([many.items.length, many.itemCount]).toEqual([MAX_ITEMS, MAX_ITEMS + 2]);
  });

  it('says how deep a member is, what it costs, and which of its numbers a double can not hold', () => {
    const member = (value: string) => outline(`[{"a": ${value}, "b": 1e400}]`).items[0]?.members[0];
    expect(member('[[1], {"x": [[]]}]')).toMatchObject({
      depth: 4,
      cost: 1 + 5 * 8,
      hasLongIntegers: false,
      hasInfinity: false,
    });
    expect(member('[[[1]], 2, [[]]]')).toMatchObject({ depth: 3 });
    expect(member('"[[[["')).toMatchObject({ depth: 0, cost: 1 });
    const plain = [
      '0',
      '-1.5',
      '[999999999999999]',
      '0.12345678901234567',
      '"1e400"',
      'null',
      '1E5',
      '-1.5e-07',
      '1e+99',
      '12345678901234567e2',
      '9007199254740991',
      '1e-007',
      `${'9'.repeat(98)}.5`,
    ];
    for (const value of [...plain, `0.${'3'.repeat(97)}`])
      expect([value, member(value)]).toMatchObject([value, { hasLongIntegers: false, hasInfinity: false }]);
    for (const value of ['9007199254740993', '-9007199254740993', '9'.repeat(400)])
      expect([value, member(value)]).toMatchObject([value, { hasLongIntegers: true, hasInfinity: false, cost: 8 }]);
    for (const value of ['1e400', '[-1e400]', `${'9'.repeat(400)}.5`])
      expect([value, member(value)]).toMatchObject([value, { hasLongIntegers: false, hasInfinity: true }]);
    expect(outline('[{"a": [1e400, 9007199254740993], "b": 1}]').items[0]?.members[1]).toMatchObject({
      hasLongIntegers: false,
      hasInfinity: false,
    });
  });

  it('says that new names cost more, and those of very large objects, beyond the first thousand of a member', () => {
    const costOf = (values: readonly unknown[]) =>
      outline(`[{"b": {"x": 1}, "a": ${JSON.stringify(values)}}]`).items[0]?.members[1]?.cost;
    const object = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`name ${from + at}`, 1]));
    const each = (count: number, value: (at: number) => unknown) => Array.from({ length: count }, (_, at) => value(at));
    const plain = (objects: number, names: number) => 8 + objects * 8 + names;
    expect(costOf(each(1000, (at) => object(at, 1)))).toBe(plain(1000, 1000));
    expect(costOf(each(2000, (at) => ({ id: at, text: 'x' })))).toBe(plain(2000, 4000) + 2 * 40);
    expect(costOf(each(3000, (at) => object(at, 1)))).toBe(plain(3000, 3000) + 2000 * 40);
    expect(costOf([object(0, 3000)])).toBe(plain(1, 3000) + 2000 * 40);
    expect(costOf(each(3, () => object(0, 2000)))).toBe(plain(3, 6000) + 4000 * 40);
    expect(costOf(each(2000, () => ({ ['é'.repeat(200)]: 1 })))).toBe(plain(2000, 2000) + 1000 * 40);
    expect(costOf([each(40, () => each(70, () => ({ ab: [{ ab: 1 }] })))])).toBe(8 + 8 + 40 * 8 + 2800 * 25 + 40);
  });

  it('tells each number that JSON.parse and JSON.stringify would not keep', () => {
    const digits = fc.stringMatching(/^[0-9]{1,30}$/);
    const number = fc
      .tuple(
        fc.constantFrom('', '-'),
        digits,
        fc.option(digits),
        fc.option(fc.tuple(fc.constantFrom('e', 'E-', 'e+'), fc.stringMatching(/^[0-9]{1,3}$/))),
      )
      .map(
        ([sign, whole, rest, exponent]) =>
          `${sign}${whole.replace(/^0+(?=.)/, '')}${rest === null ? '' : `.${rest}`}${(exponent ?? []).join('')}`,
      );
    fc.assert(
      fc.property(number, (text) => {
        const isInteger = /^-?[0-9]+$/.test(text);
        const value = JSON.parse(text) as number;
        expect(outline(`{"a":${text}}`).items[0]?.members[0]).toMatchObject({
          hasLongIntegers: isInteger && !Number.isSafeInteger(value),
          hasInfinity: !isInteger && !Number.isFinite(value),
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('is made in pieces, also of one deep value', () => {
    for (const json of [`[${'1,'.repeat(500_000)}1]`, '['.repeat(500_000) + ']'.repeat(500_000)]) {
      let pieces = 0;
      for (const work = outlineOf(Buffer.from(json), new Set()); work.next().done !== true;) pieces += 1;
      expect(pieces).toBeGreaterThanOrEqual(3);
    }
  });
});
