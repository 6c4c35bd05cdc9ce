import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { parseExactJson } from '../../src/domain/long-integers.ts';
import { serverRealm } from '../harness/server-realm.ts';

const isLong = (integer: bigint): boolean => integer > 2n ** 53n - 1n || integer < 1n - 2n ** 53n;

const integers = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
  fc.constant(10n ** 15n),
);

/** Texts that resemble long integers. */
const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('12345678901234567890', ': 12345678901234567890,', '"', '\\', '\\"12345678901234567890', '\u2028\n'),
);

const others = fc.oneof(texts, fc.double({ noDefaultInfinity: true, noNaN: true }), fc.boolean(), fc.constant(null));

/** The JSON of a value, and the expected value. */
const written: fc.Arbitrary<[text: string, value: unknown]> = fc.oneof(
  integers.map((integer): [string, unknown] => [String(integer), isLong(integer) ? String(integer) : Number(integer)]),
  others.map((value): [string, unknown] => [JSON.stringify(value), JSON.parse(JSON.stringify(value))]),
);

describe('an integer in JSON', () => {
  it('keeps all digits, as a string beyond 2^53', () => {
    const fields = fc.uniqueArray(fc.tuple(texts, written), { maxLength: 5, selector: ([key]) => key });
    fc.assert(
      fc.property(fields, fc.constantFrom(':', ' : '), fc.constantFrom(',', ' ,\n'), (given, colon, comma) => {
        const object = given.map(([key, [text]]) => `${JSON.stringify(key)}${colon}${text}`).join(comma);
        const list = given.map(([, [text]]) => text).join(comma);
        expect(parseExactJson(`[[${list}]${comma}{${object}}]`)).toEqual([
          given.map(([, [, value]]) => value),
          Object.fromEntries(given.map(([key, [, value]]) => [key, value])),
        ]);
      }),
    );
  });

  it.each(['1e400', '-12345678901234567e3', '12345678901234567.5', '0.12345678901234567890', '1.5E+12345678901234567'])(
    'is not recognized in %s, which stays a double',
    (text) => {
      expect(parseExactJson(`[${text}]`)).toEqual(JSON.parse(`[${text}]`));
    },
  );

  it('is read from exactly the strings that are valid JSON', () => {
    const tokens = [
      '12345678901234567',
      '-12345678901234567',
      '0',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      ' ',
      '\n',
      'x',
      '+',
      '""',
    ];
    const valid = fc.json().map((json) => json.replaceAll(/\d+/g, '12345678901234567'));
    const damaged = fc
      .tuple(valid, fc.nat(), fc.nat({ max: 2 }), fc.constantFrom('', ...tokens))
      .map(
        ([json, at, removed, added]) =>
          json.slice(0, at % (json.length + 1)) + added + json.slice((at % (json.length + 1)) + removed),
      );
    const texts = fc.oneof(
      damaged,
      fc.array(fc.constantFrom(...tokens), { maxLength: 12 }).map((some) => some.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(isRead(() => parseExactJson(text))).toBe(isRead(() => JSON.parse(text)));
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    '{ 12345678901234567 : 1 }',
    '{"a":1,\n12345678901234567\n:1}',
    '00012345678901234567',
    '"12345678901234567',
  ])('stays invalid in %s', (text) => {
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });

  it('is found without searching a quote again for each integer', () => {
    const search = jest.spyOn(serverRealm.String.prototype, 'indexOf');
    const parse = jest.spyOn(serverRealm.JSON, 'parse');
    try {
      parseExactJson(`{"a":[${Array<string>(1000).fill('12345678901234567890').join(',')}]}`);
      expect([search.mock.calls.length, parse.mock.calls.length]).toEqual([3, 1]);
    } finally {
      search.mockRestore();
      parse.mockRestore();
    }
  });
});

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
