import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { packLanes } from '../../src/domain/run/lanes.ts';

interface Bar {
  readonly start: number;
  readonly end: number;
}

/** By the definition: the lowest lane whose last bar has ended. */
function lanesOf(bars: readonly Bar[]): number[] {
  const lanes: number[] = [];
  return bars.map(({ start, end }) => {
    const free = lanes.findIndex((until) => until <= start);
    const lane = free === -1 ? lanes.length : free;
    lanes[lane] = end;
    return lane;
  });
}

describe('the lanes of a timeline', () => {
  it('are each the lowest that is free', () => {
    const bar = fc.tuple(fc.nat(30), fc.nat(12)).map(([start, length]): Bar => ({ start, end: start + length }));
    const bars = fc
      .array(bar, { maxLength: 60 })
      .map((all) => all.toSorted((a, b) => a.start - b.start || a.end - b.end));
    fc.assert(
      fc.property(bars, (all) => {
        expect(packLanes(all)).toEqual(lanesOf(all));
      }),
      { numRuns: 500 },
    );
  });

  it('take a few comparisons for each bar, also where all of them overlap', () => {
    const COUNT = 1000;
    let comparisons = 0;
    const start = {
      valueOf() {
        comparisons += 1;
        return 0;
      },
    } as unknown as number;
    expect(packLanes(Array.from({ length: COUNT }, () => ({ start, end: 1 })))).toEqual([...Array(COUNT).keys()]);
    expect(comparisons).toBeLessThanOrEqual(COUNT * 10);
  });
});
