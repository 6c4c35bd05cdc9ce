/** Lanes of a timeline. Overlapping bars are in different lanes. */
import { Minima } from '../minima.ts';
import type { Interval } from './intervals.ts';

/**
 * Greedy by start: each interval takes the lowest free lane, which minimizes the number of lanes. A lane is free once
 * its last bar ends, so points may share a moment.
 */
export function packLanes(intervals: readonly Pick<Interval, 'start' | 'end'>[]): number[] {
  const freeFrom = new Minima(intervals.length, -Infinity);
  return intervals.map(({ start, end }) => {
    const lane = freeFrom.firstUpTo(start) ?? 0;
    freeFrom.set(lane, end);
    return lane;
  });
}
