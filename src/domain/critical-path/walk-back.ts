/** Critical path without a graph: from the step that ended last, back through the steps that it may have waited for. */
import { compareByEnd, timedOf, type Interval } from '../run/intervals.ts';

/** A predecessor may appear to end this much after the start if one of the times has only whole seconds. */
const TOLERANCE_MICROS = 1_000_000;

/**
 * Returns steps sorted by start. A predecessor has the latest end (then start, then index) at or before the start.
 * Steps without a start or duration are left out.
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

/** Takes intervals sorted by end. The returned search finds the last interval before each step of a path. */
function latestBefore(ended: readonly Interval[], tolerance: number): (current: Interval) => Candidate {
  const left = [...ended];
  return (current) => {
    const precedes = (candidate: Interval) =>
      candidate.end <= current.start + tolerance && isBefore(candidate, current);
    let last = left.at(-1);
    // An interval that can't precede this step can't precede an earlier one. Dropping it keeps long paths fast.
    for (; last && !precedes(last); last = left.at(-1)) left.pop();
    return last;
  };
}

const laterOf = (a: Candidate, b: Candidate): Candidate => (a && b ? (compareByEnd(a, b) > 0 ? a : b) : (a ?? b));

/** If two intervals start together, only a zero-length one can precede the other. */
function isBefore(candidate: Interval, current: Interval): boolean {
  if (candidate.start !== current.start) return candidate.start < current.start;
  if (candidate.end > candidate.start) return false;
  return current.end > current.start || candidate.step.index < current.step.index;
}

const hasRoughEnd = ({ step }: Interval): boolean =>
  step.durationSource === 'ELAPSED_SECONDS' || step.endTime?.isWholeSecond === true;
