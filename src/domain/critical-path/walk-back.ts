/** The critical path where no graph tells it: from the step that ended last, back over what it may have waited for. */
import { EarlierEnds } from './earlier-ends.ts';
import { byEnd, intervalsOf, type Interval } from '../run/intervals.ts';
import type { Step } from '../types.ts';

/** How much later than the start it made possible an end may read, where one of them is only known to the second. */
const TOLERANCE_MICROS = 1_000_000;

/**
 * In order of start. From each step to the one with the latest end (then start, then index) at or before its start, or
 * up to a second after it where either moment is only known to the second; there, one that started together with it
 * ran beside it, not before it. Steps without a start or a duration are left out.
 *
 * Each move goes to an earlier place in the order of start, end, index: the walk ends, and takes O(n log n).
 */
export function walkBack(steps: readonly Step[]): Step[] {
  const remaining = intervalsOf(steps);
  const ended = byEnd(remaining);
  const candidates = new EarlierEnds(ended);
  const coarseCandidates = new EarlierEnds(ended.filter(hasCoarseEnd));
  const path: Step[] = [];

  let current = ended.at(-1) ?? null;
  while (current) {
    path.push(current.step);
    for (let last = remaining.at(-1); last && !isBefore(last, current); last = remaining.at(-1)) {
      remaining.pop();
      candidates.remove(last);
      coarseCandidates.remove(last);
    }
    const hasCoarseStart = current.step.startTime?.isWholeSecond ?? false;
    current = laterEnd(
      candidates.latest(current.start + (hasCoarseStart ? TOLERANCE_MICROS : 0)),
      coarseCandidates.latest(current.start + TOLERANCE_MICROS),
    );
  }
  return path.reverse();
}

/** Of those that start together, only one of length 0 can have been over when the other started. */
function isBefore(candidate: Interval, current: Interval): boolean {
  if (candidate.start !== current.start) return candidate.start < current.start;
  if (candidate.end > candidate.start) return false;
  return current.end > current.start || candidate.step.index < current.step.index;
}

function hasCoarseEnd({ step }: Interval): boolean {
  if (step.durationSource === 'ELAPSED_SECONDS') return true;
  return step.durationSource === 'TIMESTAMPS' && step.endTime?.isWholeSecond === true;
}

function laterEnd(a: Interval | null, b: Interval | null): Interval | null {
  if (!a || !b) return a ?? b;
  return byEnd([a, b])[1] ?? a;
}
