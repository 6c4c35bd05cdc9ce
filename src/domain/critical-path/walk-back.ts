/** The critical path where no graph tells it: from the step that ended last, back over what it may have waited for. */
import { compareByEnd, timedOf, type Interval } from '../run/intervals.ts';

/** How much later than the start it made possible an end may read, where one of them is only known to the second. */
const TOLERANCE_MICROS = 1_000_000;

/**
 * In order of start. From each step to the one with the latest end (then start, then index) at or before its start, or
 * up to a second after it where either moment is only known to the second; there, one that started together with it
 * ran beside it, not before it. Steps without a start or a duration are left out.
 */
export function walkBack(intervals: readonly Interval[]): Interval[] {
  const ended = timedOf(intervals).sort(compareByEnd);
  const exact = latestBefore(ended, 0);
  const tolerant = latestBefore(ended, TOLERANCE_MICROS);
  const roughOnly = latestBefore(ended.filter(hasRoughEnd), TOLERANCE_MICROS);
  const path: Interval[] = [];
  let current = ended.at(-1);
  while (current) {
    path.push(current);
    const isRough = current.step.startTime?.isWholeSecond === true;
    current = isRough ? tolerant(current) : laterOf(exact(current), roughOnly(current));
  }
  return path.reverse();
}

type Candidate = Interval | undefined;

/** Of those in order of end, the last one before each step of a path. */
function latestBefore(ended: readonly Interval[], tolerance: number): (current: Interval) => Candidate {
  const left = [...ended];
  return (current) => {
    const precedes = (candidate: Interval) =>
      candidate.end <= current.start + tolerance && isBefore(candidate, current);
    let last = left.at(-1);
    // What can't come before this one can't come before an earlier one either: it is dropped, so that long paths are fast.
    for (; last && !precedes(last); last = left.at(-1)) left.pop();
    return last;
  };
}

const laterOf = (a: Candidate, b: Candidate): Candidate => (a && b ? (compareByEnd(a, b) > 0 ? a : b) : (a ?? b));

/** Of those that start together, only one of length 0 can have been over when the other started. */
function isBefore(candidate: Interval, current: Interval): boolean {
  if (candidate.start !== current.start) return candidate.start < current.start;
  if (candidate.end > candidate.start) return false;
  return current.end > current.start || candidate.step.index < current.step.index;
}

const hasRoughEnd = ({ step }: Interval): boolean =>
  step.durationSource === 'ELAPSED_SECONDS' || step.endTime?.isWholeSecond === true;
