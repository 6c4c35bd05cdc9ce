/** Steps as half-open intervals in whole microseconds. */
import { spanMicrosOf } from '../step/duration.ts';
import { waitsWithin, workWithin } from '../step/waits.ts';
import type { Step } from '../types.ts';

export interface Interval {
  readonly step: Step;
  readonly start: number;
  readonly end: number;
}

/**
 * Includes waits. Sorted by start, then end, then upstream index. A step of unknown duration is a point at its start.
 */
export function intervalsOf(steps: readonly Step[]): Interval[] {
  const intervals: Interval[] = [];
  for (const step of steps) {
    if (!step.startTime) continue;
    const start = step.startTime.epochMicros;
    intervals.push({ step, start, end: start + spanMicrosOf(step) });
  }
  return intervals.sort(compareIntervals);
}

const compareIntervals = (a: Interval, b: Interval): number =>
  a.start - b.start || a.end - b.end || a.step.index - b.step.index;

/** Parts in which the steps worked. Takes and returns intervals sorted by start. */
export function workOf(intervals: readonly Interval[]): readonly Interval[] {
  if (!intervals.some(hasWaits)) return intervals;
  const partsOf = (interval: Interval) =>
    hasWaits(interval) ? workWithin(interval.step, interval.start, interval.end) : [interval];
  return intervals
    .flatMap((interval) => partsOf(interval).map((part) => ({ ...interval, ...part })))
    .sort(compareIntervals);
}

/** Parts in which the steps waited. Takes and returns intervals sorted by start. */
export const waitsOf = (intervals: readonly Interval[]): Interval[] =>
  intervals
    .filter(hasWaits)
    .flatMap(({ step, start, end }) => waitsWithin(step, start, end).map((wait) => ({ step, ...wait })))
    .sort(compareIntervals);

const hasWaits = ({ step }: Interval): boolean => step.waitingMs > 0;

/** The interval up to the end of its step's work: waiting steps don't determine an end. */
export function untilLastWork(interval: Interval): Interval {
  const { step, start, end } = interval;
  return hasWaits(interval) ? { step, start, end: workWithin(step, start, end).at(-1)?.end ?? start } : interval;
}

/** Intervals of steps with a known duration. */
export const timedOf = (intervals: readonly Interval[]): Interval[] =>
  intervals.filter(({ step }) => step.durationMs !== null);

/** Compares by end, then start, then upstream index. */
export const compareByEnd = (a: Interval, b: Interval): number =>
  a.end - b.end || a.start - b.start || a.step.index - b.step.index;

/** Length of the union in microseconds. Takes intervals sorted by start. */
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
 * Maximum number of overlapping intervals. Touching intervals and points don't overlap, but a list of points counts as
 * one. Takes intervals sorted by start.
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
