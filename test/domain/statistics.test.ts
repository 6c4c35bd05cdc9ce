import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distributionOf } from '../../src/domain/run/statistics.ts';

describe('the distribution of values', () => {
  it('The distribution has the smallest values that at least 50 % and 95 % of all values do not exceed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ max: 50 }), { minLength: 1, maxLength: 100 }), (values) => {
        const ascending = values.toSorted((a, b) => a - b);
        const smallest = (percent: number) =>
          ascending.find((value) => 100 * values.filter((each) => each <= value).length >= percent * values.length);
        expect(distributionOf(values)).toEqual({ p50: smallest(50), p95: smallest(95), max: Math.max(...values) });
      }),
    );
  });
});
