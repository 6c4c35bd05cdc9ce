import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { longIntegersAsText, mayBeRounded, parseExactJson } from '../../src/domain/long-integers.ts';
import type { JsonValue } from '../../src/domain/types.ts';

const isLong = (integer: bigint): boolean => integer > 2n ** 53n - 1n || integer < 1n - 2n ** 53n;

const integers = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
  fc.constant(10n ** 15n),
);

/** Texts that look like what is searched for. */
const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('12345678901234567890', ': 12345678901234567890,', '"', '\\', '\\"12345678901234567890', '\u2028\n'),
);

const others = fc.oneof(texts, fc.double({ noDefaultInfinity: true, noNaN: true }), fc.boolean(), fc.constant(null));

/** Values as text, beside what is to be read. */
interface Written {
  readonly text: string;
  readonly value: unknown;
}

const written: fc.Arbitrary<Written> = fc.letrec<{ value: Written }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    integers.map((integer) => ({
      text: String(integer),
      value: isLong(integer) ? String(integer) : Number(integer),
    })),
    others.map((value) => ({ text: JSON.stringify(value), value: JSON.parse(JSON.stringify(value)) as unknown })),
    fc.tuple(fc.array(tie('value'), { maxLength: 4 }), fc.constantFrom(',', ' ,\n')).map(([items, comma]) => ({
      text: `[${items.map(({ text }) => text).join(comma)}]`,
      value: items.map(({ value }) => value),
    })),
    fc
      .tuple(
        fc.uniqueArray(fc.tuple(texts, tie('value')), { maxLength: 4, selector: ([key]) => key }),
        fc.constantFrom(':', ' : '),
      )
      .map(([entries, colon]) => ({
        text: `{${entries.map(([key, { text }]) => `${JSON.stringify(key)}${colon}${text}`).join(',')}}`,
        value: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
      })),
  ),
})).value;

describe('an integer in JSON', () => {
  it('keeps all its digits: beyond 2^53 as text, and nothing else is another', () => {
    fc.assert(
      fc.property(written, ({ text, value }) => {
        expect(parseExactJson(text)).toEqual(value);
      }),
    );
  });

  it.each(['1e400', '-12345678901234567e3', '12345678901234567.5', '0.12345678901234567890', '1.5E+12345678901234567'])(
    'is not what %s is, for which a double is meant',
    (text) => {
      expect(longIntegersAsText(`[${text}]`)).toBe(`[${text}]`);
    },
  );

  it.each([
    '00012345678901234567',
    '{"a":12345678901234567',
    '[12345678901234567x]',
    '"12345678901234567',
    '+12345678901234567',
  ])('makes no JSON of %s', (text) => {
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });

  it('is looked for no further than a text that does not end', () => {
    const text = '[12345678901234567, "12345678901234567';
    expect(longIntegersAsText(text)).toBe('["12345678901234567", "12345678901234567');
  });

  it('may be rounded from 2^53 on', () => {
    const numbers: readonly JsonValue[] = [2 ** 53 - 1, 1 - 2 ** 53, 0.1, '12345678901234567890', null];
    expect(numbers.map(mayBeRounded)).toEqual(numbers.map(() => false));
    expect([2 ** 53, -(2 ** 53), 1e300].map(mayBeRounded)).toEqual([true, true, true]);
  });
});
