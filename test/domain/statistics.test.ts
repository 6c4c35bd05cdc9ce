import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distributionOf } from '../../src/domain/workflow/statistics.ts';

describe('the distribution of values', () => {
  it('picks the smallest values that cover 50 % and 95 %', () => {
    // Without the size, a list has at most some ten values: its 95th percentile is the largest.
    const lists = fc.array(fc.integer({ max: 50 }), { minLength: 1, maxLength: 100, size: 'max' });
    fc.assert(
      fc.property(lists, (values) => {
        const ascending = values.toSorted((a, b) => a - b);
        const smallest = (percent: number) =>
          ascending.find((value) => 100 * values.filter((each) => each <= value).length >= percent * values.length);
        expect(distributionOf(values)).toEqual({ p50: smallest(50), p95: smallest(95), max: Math.max(...values) });
      }),
    );
  });
});
