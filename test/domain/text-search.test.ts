import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { containsText, MAX_COMPARED, pathOfText } from '../../src/domain/text-search.ts';

describe('a text search', () => {
  const few = (maxLength: number) =>
    fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'é', 'É', '😀', ' '), minLength: 1, maxLength });

  it('finds a string where an unbounded search does', () => {
    fc.assert(
      fc.property(few(30), few(4), fc.nat(30), (text, other, start) => {
        for (const part of [other, text.slice(start, start + 6) || other].map((each) => each.toLowerCase()))
          expect(containsText(text, part)).toBe(text.toLowerCase().includes(part));
      }),
      { numRuns: 500 },
    );
  });

  it('searches only the beginning of a long string', () => {
    const text = `${' '.repeat(MAX_COMPARED - 4)}SLOWly`;
    expect([containsText(text, 'slow'), containsText(text, 'slowly')]).toEqual([true, false]);
  });

  it('searches each string and number of a value, up to a limit', () => {
    const value = [{ a: { b: ['Sku'] } }, 7.25, null, true, 'x'.repeat(MAX_COMPARED), 'behind'];
    const pathOf = (part: string) => pathOfText(value, part);
    expect(['sku', '7.2', 'xx', 'a', 'true', 'behind'].map(pathOf)).toEqual([
      [0, 'a', 'b', 0],
      [1],
      [4],
      null,
      null,
      null,
    ]);
    expect(pathOfText('a text', 'text')).toEqual([]);
    const wide = [...Array<number>(MAX_COMPARED).fill(1), 2];
    expect([pathOfText(wide, '1'), pathOfText(wide, '2')]).toEqual([[0], null]);
  });
});
