import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fitsInt, isCount, MAX_INT } from '../../src/domain/int.ts';
import { compareNullsLast, compareText } from '../../src/domain/order.ts';

describe('the orders', () => {
  /** Both ways, since a sort asks one way only. */
  function expectOrder<T>(inOrder: readonly T[], compare: (a: T, b: T) => number): void {
    for (const [i, a] of inOrder.entries()) {
      for (const [j, b] of inOrder.entries()) {
        expect([a, b, Math.sign(compare(a, b))]).toEqual([a, b, Math.sign(i - j)]);
      }
    }
  }

  it('put numbers from low to high, and those that are not known last', () => {
    expectOrder([-3, 0, 2.5, 1e12, null], compareNullsLast);
  });

  it('put texts by their code units', () => {
    const texts = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'B', 'é', '\uffff', '😀'), maxLength: 3 }));
    fc.assert(
      // Without a comparison that is how JavaScript sorts.
      fc.property(texts, (given) => {
        expectOrder(given.toSorted(), compareText);
      }),
    );
  });
});

describe('counts', () => {
  it('are whole numbers from 0, of any size', () => {
    expect([0, 1, 2 ** 40].every(isCount)).toBe(true);
    expect([-1, 0.5, NaN, Infinity, '1', null, undefined].some(isCount)).toBe(false);
  });

  it('fit an Int up to 2^31 - 1', () => {
    expect([0, MAX_INT, -MAX_INT].every(fitsInt)).toBe(true);
    expect([2 ** 31, -(2 ** 31), Infinity].some(fitsInt)).toBe(false);
    expect(MAX_INT).toBe(2_147_483_647);
  });
});
