import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../../src/domain/types.ts';
import { measureAnswer } from '../../src/graphql/operations/answer-size.ts';

const NO_LIMIT = Infinity;
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const valuesIn = (value: JsonValue): number =>
  value !== null && typeof value === 'object'
    ? Object.values(value).reduce<number>((sum, inner) => sum + valuesIn(inner), 1)
    : 1;

/** Without what is written otherwise than it is: escapes, and numbers, which count as 5 characters. */
const plainJson = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.string({ unit: fc.constantFrom('a', 'é', '🐎') }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,20}$/), tie('value')),
  ),
})).value;

describe('the size of an answer', () => {
  it('is that of its JSON, give or take two bytes a value, and may be just the limit', () => {
    fc.assert(
      fc.property(plainJson, (value) => {
        const size = measureAnswer(value, NO_LIMIT);
        expect(Math.abs(size - bytesOf(value))).toBeLessThanOrEqual(2 * valuesIn(value));
        expect(measureAnswer(value, size)).toBe(size);
        expect(() => measureAnswer(value, size - 1)).toThrow(expect.objectContaining({ code: 'ANSWER_TOO_LARGE' }));
      }),
    );
  });

  it.each<[string, unknown, number]>([
    ['texts', ['', 'aé'], 3 + 2 + 2 + 3 + 1],
    ['a long list of short values', Array(1000).fill(false), bytesOf(Array(1000).fill(false)) + 1],
    [
      'fields',
      { run: { status: 'FAILED', isFinal: false } },
      bytesOf({ run: { status: 'FAILED', isFinal: false } }) - 2,
    ],
    ['any number', [0, 1.5e300], 2 + 2 + 10],
  ])('counts %s', (_, value, size) => {
    expect(measureAnswer(value, NO_LIMIT)).toBe(size);
  });

  it('counts all, also where a resolver of an embedder left undefined inside of it', () => {
    const long = 'x'.repeat(1000);
    expect(measureAnswer([long, undefined], NO_LIMIT)).toBeGreaterThan(1000);
    expect(measureAnswer({ long, nothing: undefined }, NO_LIMIT)).toBeGreaterThan(1000);
  });
});
