/** The critical path where no graph tells it: from the step that ended last, back over what it may have waited for. */
import { isRunning } from '../step/duration.ts';
import { byEnd, intervalsOf, type Interval } from '../run/intervals.ts';
import type { Step } from '../types.ts';

/** How much later than the start it made possible an end may read, where one of them is only known to the second. */
const TOLERANCE_MICROS = 1_000_000;

/**
 * In order of start. From each step to the one with the latest end (then start, then index) at or before its start, or
 * up to a second after it where either moment is only known to the second; there, one that started together with it
 * ran beside it, not before it. Steps without a start or a duration are left out.
 */
export function walkBack(steps: readonly Step[]): Step[] {
  const ended = byEnd(intervalsOf(steps));
  const path: Step[] = [];
  let current = ended.at(-1);
  while (current) {
    path.push(current.step);
    // What can't come before this one can't come before an earlier one either: it is dropped, so that long chains are fast.
    for (let last = ended.at(-1); last && !mayPrecede(last, current); last = ended.at(-1)) ended.pop();
    current = ended.findLast(precedes(current));
  }
  return path.reverse();
}

const mayPrecede = (candidate: Interval, current: Interval): boolean =>
  candidate.end <= current.start + TOLERANCE_MICROS && isBefore(candidate, current);

const precedes =
  (current: Interval<Step>) =>
  (candidate: Interval<Step>): boolean => {
    const isRough = current.step.startTime?.isWholeSecond === true || hasRoughEnd(candidate);
    return candidate.end <= current.start + (isRough ? TOLERANCE_MICROS : 0) && isBefore(candidate, current);
  };

/** Of those that start together, only one of length 0 can have been over when the other started. */
function isBefore(candidate: Interval, current: Interval): boolean {
  if (candidate.start !== current.start) return candidate.start < current.start;
  if (candidate.end > candidate.start) return false;
  return current.end > current.start || candidate.step.index < current.step.index;
}

/** A step that runs reaches until now, which is exact. */
const hasRoughEnd = ({ step }: Interval<Step>): boolean =>
  (step.durationSource === 'ELAPSED_SECONDS' && !isRunning(step)) || step.endTime?.isWholeSecond === true;
