import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fitsInt, isCount, MAX_INT } from '../../src/domain/int.ts';
import { compareNullsLast, compareText } from '../../src/domain/order.ts';

describe('the orders', () => {
  it('put numbers from low to high, and those that are not known last', () => {
    const values = fc.array(fc.option(fc.integer({ min: -3, max: 3 }), { freq: 2 }));
    fc.assert(
      fc.property(values, (given) => {
        const numbers = given.filter((value) => value !== null).sort((a, b) => a - b);
        const unknown = given.filter((value) => value === null);
        expect(given.toSorted(compareNullsLast)).toEqual([...numbers, ...unknown]);
      }),
    );
  });

  it('put texts by their code units', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', 'é', '\uffff', '😀'), maxLength: 3 });
    fc.assert(
      fc.property(fc.array(text), text, (given, one) => {
        // Without a comparison that is how JavaScript sorts.
        expect(given.toSorted(compareText)).toEqual(given.toSorted());
        expect(compareText(one, one)).toBe(0);
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
