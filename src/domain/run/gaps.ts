/** Gaps: periods within a run's span in which no step ran or waited. */
import { timedOf, type Interval } from './intervals.ts';
import { endOf, type RunSpan } from './span.ts';
import { millisBetween, type Timestamp } from '../timestamp.ts';
import type { Gap, Step } from '../types.ts';

/** Sorted by time, without zero-length gaps. Takes the intervals within the span. */
export function gapsOf(intervals: readonly Interval[], span: RunSpan | null): Gap[] {
  if (!span) return [];
  const gaps: Gap[] = [];
  let last: Interval | null = null;
  const addGapUntil = (endedAt: Timestamp, before: Step | null): void => {
    const startedAt = last ? endOf(last) : span.startedAt;
    const durationMs = millisBetween(startedAt, endedAt);
    if (durationMs <= 0) return;
    const offsetMs = millisBetween(span.startedAt, startedAt);
    gaps.push({ startedAt, endedAt, offsetMs, durationMs, after: last?.step ?? null, before });
  };
  for (const interval of timedOf(intervals)) {
    if (interval.step.startTime) addGapUntil(interval.step.startTime, interval.step);
    if (!last || interval.end >= last.end) last = interval;
  }
  addGapUntil(span.endedAt, null);
  return gaps;
}

/** The earliest of the longest gaps, or null. */
export const longestGap = (gaps: readonly Gap[]): Gap | null =>
  gaps.reduce<Gap | null>((longest, gap) => (longest && longest.durationMs >= gap.durationMs ? longest : gap), null);
