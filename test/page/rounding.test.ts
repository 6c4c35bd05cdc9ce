/** Results of tools are rounded as the page rounds. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { roundAmount, roundMs, roundShare } from '../../src/domain/rounding.ts';
import { formatDuration } from '../../src/web/format/duration.ts';
import { formatCost, formatShare } from '../../src/web/format/numbers.ts';

/** Small numbers are as frequent as large ones, and halves of a unit occur. */
const upTo = (max: number) =>
  fc
    .tuple(
      fc.oneof(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(2000).map((part) => part / 2000),
      ),
      fc.integer({ min: 0, max: Math.ceil(Math.log10(max)) }),
    )
    .map(([part, digits]) => part * Math.min(max, 10 ** digits));

/** The page shows a minus sign before a negative time that is almost zero. */
const duration = (ms: number) => formatDuration(ms).replace(/^−(0 .+)/, '$1');

describe('a rounded number', () => {
  it.each([
    ['a time', upTo(1e10), roundMs, duration],
    ['a share', upTo(1), roundShare, formatShare],
    ['an amount', upTo(1e6), roundAmount, (amount: number) => formatCost(amount, 'USD')],
  ])('reads the same on the page as the exact one: %s', (_, values, round, format) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(format(round(value))).toBe(format(value));
        expect(format(round(-value))).toBe(format(-value));
      }),
      { numRuns: 2000 },
    );
  });

  it('has few digits', () => {
    expect([8542.233, 1_698_574.095, 5.386, 90_000_123].map(roundMs)).toEqual([8540, 1_699_000, 5.4, 90_000_000]);
    expect([0.36363636363636365, 0.0571].map(roundShare)).toEqual([0.36, 0.06]);
    expect([0.0028818, 12.345].map(roundAmount)).toEqual([0.0029, 12.35]);
  });
});
