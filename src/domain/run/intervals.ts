/** Steps as stretches of time: half-open, from the start on for as long as the step takes, in whole microseconds. */
import { microsOf } from '../step/duration.ts';
import { compareByStart } from '../step/execution.ts';
import type { StepDuration, StepFacts } from '../types.ts';

export type TimedStep = Pick<StepFacts, 'startTime' | 'endTime' | 'index'> & Pick<StepDuration, 'durationMs'>;

export interface Interval<S extends TimedStep = TimedStep> {
  readonly step: S;
  readonly start: number;
  readonly end: number;
}

/**
 * In order of start, then end, then upstream index. A step has an interval if it has a start and a duration, wherever
 * that comes from; with `unknownAsZero` one of unknown duration is a point at its start.
 */
export function intervalsOf<S extends TimedStep>(steps: readonly S[], { unknownAsZero = false } = {}): Interval<S>[] {
  const intervals: Interval<S>[] = [];
  for (const step of steps) {
    if (!step.startTime || (step.durationMs === null && !unknownAsZero)) continue;
    const start = step.startTime.epochMicros;
    intervals.push({ step, start, end: start + microsOf(step.durationMs ?? 0) });
  }
  return intervals.sort((a, b) => a.start - b.start || a.end - b.end || compareByStart(a.step, b.step));
}

/** By end, then start, then upstream index. */
export const compareByEnd = (a: Interval, b: Interval): number => a.end - b.end || compareByStart(a.step, b.step);

export const byEnd = <S extends TimedStep>(intervals: readonly Interval<S>[]): Interval<S>[] =>
  intervals.toSorted(compareByEnd);

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
  const ends = intervals.map(({ end }) => end).sort((a, b) => a - b);
  let ended = 0;
  let max = Math.min(1, intervals.length);
  intervals.forEach(({ start }, i) => {
    while ((ends[ended] ?? Infinity) <= start) ended += 1;
    max = Math.max(max, i + 1 - ended);
  });
  return max;
}
