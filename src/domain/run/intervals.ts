/** Steps as stretches of time: half-open, from the start on for as long as the step takes, in whole microseconds. */
import { microsOf } from '../step/duration.ts';
import type { Step } from '../types.ts';

export interface Interval {
  readonly step: Step;
  readonly start: number;
  readonly end: number;
}

/**
 * In order of start, then end, then upstream index. Each step that has a start has an interval: one of unknown duration is a
 * point at its start.
 */
export function intervalsOf(steps: readonly Step[]): Interval[] {
  const intervals: Interval[] = [];
  for (const step of steps) {
    if (!step.startTime) continue;
    const start = step.startTime.epochMicros;
    intervals.push({ step, start, end: start + microsOf(step.durationMs ?? 0) });
  }
  return intervals.sort((a, b) => a.start - b.start || a.end - b.end || a.step.index - b.step.index);
}

/** Those whose duration is known, wherever that comes from. */
export const timedOf = (intervals: readonly Interval[]): Interval[] =>
  intervals.filter(({ step }) => step.durationMs !== null);

/** By end, then start, then upstream index. */
export const compareByEnd = (a: Interval, b: Interval): number =>
  a.end - b.end || a.start - b.start || a.step.index - b.step.index;

/** The length of the union, in microseconds. Takes intervals in order of start. */
export function unionLength(intervals: readonly Interval[]): number {
  let length = 0;
  let coveredUntil = -Infinity;
  for (const { start, end } of intervals) {
    length += Math.max(0, end - Math.max(start, coveredUntil));
    coveredUntil = Math.max(coveredUntil, end);
  }
  return length;
}

/**
 * How many ran at once at most; one that ends where another starts does not overlap it. An interval of length 0
 * overlaps nothing, but where there are only such ones, one did run. Takes intervals in order of start.
 */
export function maxConcurrency(intervals: readonly Interval[]): number {
  const ends = Float64Array.from(intervals, ({ end }) => end).sort();
  let ended = 0;
  let max = Math.min(1, intervals.length);
  intervals.forEach(({ start }, i) => {
    while ((ends[ended] ?? Infinity) <= start) ended += 1;
    max = Math.max(max, i + 1 - ended);
  });
  return max;
}
