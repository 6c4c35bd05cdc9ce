import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Kind, parseValue, type ValueNode } from 'graphql';
import { longIntegersAsText } from '../../src/domain/long-integers.ts';
import { dateTimeScalar, jsonScalar } from '../../src/graphql/scalars.ts';

describe('a moment', () => {
  const TEXT = '2025-03-13T02:41:15.144470Z';
  const refusal = (got: string) => `DateTime: expected RFC 3339 text such as "2025-03-13T02:41:15Z", got ${got}`;

  it('goes out as the text that came in, as a value or a literal', () => {
    for (const moment of [dateTimeScalar.parseValue(TEXT), dateTimeScalar.parseLiteral(parseValue(`"${TEXT}"`))]) {
      expect(moment.epochMicros).toBe(Date.parse('2025-03-13T02:41:15.144Z') * 1000 + 470);
      expect(dateTimeScalar.serialize(moment)).toBe(TEXT);
    }
  });

  it('of an embedder may be a Date, or its text', () => {
    const date = new Date('2025-03-13T02:41:15.144Z');
    expect([date, TEXT].map((value) => dateTimeScalar.serialize(value))).toEqual(['2025-03-13T02:41:15.144Z', TEXT]);
    expect(() => dateTimeScalar.serialize('today')).toThrow(refusal('"today"'));
  });

  it.each([
    ['"today"', 'today'],
    ['7', 7],
    ['null', null],
    ['["2025-03-13T02:41:15Z"]', ['2025-03-13T02:41:15Z']],
    ['{ at: "2025-03-13T02:41:15Z" }', { at: '2025-03-13T02:41:15Z' }],
    ['TODAY', 'TODAY'],
  ])('is not %s', (literal, value) => {
    const message = refusal(JSON.stringify(value));
    expect(() => dateTimeScalar.parseValue(value)).toThrow(message);
    const node = parseValue(literal);
    expect(() => dateTimeScalar.parseLiteral(node)).toThrow(expect.objectContaining({ message, nodes: [node] }));
  });
});

describe('JSON', () => {
  const literalOf = (value: unknown): ValueNode => {
    if (Array.isArray(value)) return { kind: Kind.LIST, values: value.map(literalOf) };
    if (typeof value !== 'object' || value === null) return parseValue(JSON.stringify(value));
    const fields = Object.entries(value).map(([name, of]) => ({
      kind: Kind.OBJECT_FIELD as const,
      name: { kind: Kind.NAME as const, value: name },
      value: literalOf(of),
    }));
    return { kind: Kind.OBJECT, fields };
  };

  /** Others are below. */
  const hasShortIntegers = (value: unknown) => longIntegersAsText(JSON.stringify(value)) === JSON.stringify(value);

  it('passes through as it is, as a value or a literal', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }).filter(hasShortIntegers), (value) => {
        expect(jsonScalar.parseValue(value)).toBe(value);
        expect(jsonScalar.serialize(value)).toBe(value);
        expect(JSON.stringify(jsonScalar.parseLiteral(literalOf(value)))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('has the digits of an integer beyond 2^53 as text', () => {
    const literal = parseValue('[9007199254740991, -9007199254740992, { id: 12345678901234567890 }]');
    expect(jsonScalar.parseLiteral(literal)).toEqual([
      2 ** 53 - 1,
      '-9007199254740992',
      { id: '12345678901234567890' },
    ]);
  });

  it('takes variables inside of a literal', () => {
    expect(jsonScalar.parseLiteral(parseValue('{ a: [$v] }'), { v: 1 })).toEqual({ a: [1] });
  });
});
