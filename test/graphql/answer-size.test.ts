import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { measureAnswer } from '../../src/graphql/operations/answer-size.ts';

const NO_LIMIT = Infinity;
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** Often what JSON escapes, and halves of surrogate pairs. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', '"', '\\', '\b', '\n', '\u0000', '\u001f', '\u007f', '\u2028', 'é', '漢', '🐎'),
    fc.constantFrom('\ud800', '\udbff', '\udc00', '\udfff', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\uffff'),
    fc.nat(0xffff).map((code) => String.fromCharCode(code)),
  ),
});

const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, -0, 1.5e300, 2 ** 53),
    fc.double(),
    fc.integer(),
    text,
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(text, tie('value')),
  ),
})).value;

describe('the size of an answer', () => {
  it('is that of its JSON, and may be just the limit', () => {
    fc.assert(
      fc.property(json, (value) => {
        const size = bytesOf(value);
        expect(measureAnswer(value, NO_LIMIT)).toBe(size);
        expect(measureAnswer(value, size)).toBe(size);
        expect(() => measureAnswer(value, size - 1)).toThrow(expect.objectContaining({ code: 'ANSWER_TOO_LARGE' }));
      }),
      { numRuns: 300 },
    );
  });

  it('counts each character as JSON has it', () => {
    for (let code = 0; code <= 0xffff; code += 1) {
      const character = String.fromCharCode(code);
      // Beside one that is escaped each is looked at.
      for (const text of [character, `"${character}`]) {
        if (measureAnswer(text, NO_LIMIT) !== bytesOf(text)) throw new Error(`wrong for ${code}`);
      }
    }
  });

  it('is that of null for a number that JSON does not have', () => {
    for (const number of [NaN, Infinity, -Infinity]) expect(measureAnswer(number, NO_LIMIT)).toBe(bytesOf(number));
  });

  it('is more than each smaller limit, whatever that is', () => {
    for (const value of ['text', ['a', 'b'], { a: 'text' }]) {
      for (let limit = 0; limit < bytesOf(value); limit += 1) expect(() => measureAnswer(value, limit)).toThrow();
    }
  });

  it('does not read a text that is longer than the limit', () => {
    const long = '\n'.repeat(2 ** 27);
    const start = process.cpuUsage().user;
    expect(() => measureAnswer({ long }, 1000)).toThrow(expect.objectContaining({ code: 'ANSWER_TOO_LARGE' }));
    // To go through its characters takes longer.
    expect(process.cpuUsage().user - start).toBeLessThan(200_000);
  });

  it('counts all, also where a resolver of an embedder left undefined inside of it', () => {
    const long = 'x'.repeat(1000);
    for (const value of [[long, undefined], { long, nothing: undefined }, { nothing: undefined }]) {
      expect(measureAnswer(value, NO_LIMIT)).toBe(bytesOf(value));
    }
  });
});
