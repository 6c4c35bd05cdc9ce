/** Lanes of a timeline. Overlapping bars are in different lanes. */
import type { Interval } from './intervals.ts';

/**
 * Greedy in order of start: each interval takes the lowest free lane, which needs the fewest lanes. A lane is free once
 * its last bar ends, so points may share a moment.
 */
export function packLanes(intervals: readonly Pick<Interval, 'start' | 'end'>[]): number[] {
  const lanes = 2 ** Math.ceil(Math.log2(Math.max(1, intervals.length)));
  // A tree of minima: its leaves, from `lanes` on, are the lanes. The children of `at` are 2 · at and 2 · at + 1.
  const freeFrom = new Float64Array(2 * lanes).fill(-Infinity);
  const freeIn = (at: number): number => freeFrom[at] ?? Infinity;
  return intervals.map(({ start, end }) => {
    let at = 1;
    while (at < lanes) at = freeIn(2 * at) <= start ? 2 * at : 2 * at + 1;
    const lane = at - lanes;
    freeFrom[at] = end;
    for (at >>= 1; at > 0; at >>= 1) freeFrom[at] = Math.min(freeIn(2 * at), freeIn(2 * at + 1));
    return lane;
  });
}
