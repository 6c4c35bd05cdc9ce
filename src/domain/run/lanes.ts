/** The lanes of a timeline: bars that overlap lie below one another. */
import type { Interval } from './intervals.ts';

/**
 * The lane of each. Greedy in order of start, each into the lowest lane that is free: with half-open intervals that
 * takes the fewest lanes. A lane is free from the very moment its last bar ends, so points may share a moment in it.
 */
export function packLanes(intervals: readonly Pick<Interval, 'start' | 'end'>[]): number[] {
  const lanes = 2 ** Math.ceil(Math.log2(Math.max(1, intervals.length)));
  // A tree of minima: the lanes are its leaves, from `lanes` on, and below `at` are 2 · at and 2 · at + 1.
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
