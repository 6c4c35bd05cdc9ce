/** The stretches of a run in which no step ran, from the beginning of its span to the end. */
import { timedOf, type Interval } from './intervals.ts';
import { endOf, type RunSpan } from './span.ts';
import { millisBetween, type Timestamp } from '../timestamp.ts';
import type { RunGap, Step, TimelineGap } from '../types.ts';

/** In order of time, none of length 0. Takes the intervals that the span holds. */
export function gapsOf(intervals: readonly Interval[], span: RunSpan | null): RunGap[] {
  if (!span) return [];
  const gaps: RunGap[] = [];
  let last: Interval | null = null;
  const addGapUntil = (endedAt: Timestamp, before: Step | null): void => {
    const startedAt = last ? endOf(last) : span.startedAt;
    const durationMs = millisBetween(startedAt, endedAt);
    if (durationMs > 0) gaps.push({ startedAt, endedAt, durationMs, after: last?.step ?? null, before });
  };
  for (const interval of timedOf(intervals)) {
    if (interval.step.startTime) addGapUntil(interval.step.startTime, interval.step);
    if (!last || interval.end >= last.end) last = interval;
  }
  addGapUntil(span.endedAt, null);
  return gaps;
}

/** The earliest of equally long ones; null where some step always ran. */
export const longestGap = (gaps: readonly RunGap[]): RunGap | null =>
  gaps.reduce<RunGap | null>((longest, gap) => (longest && longest.durationMs >= gap.durationMs ? longest : gap), null);

/** Where they lie on the timeline, in milliseconds from its left edge. */
export const timelineGaps = (gaps: readonly RunGap[], span: RunSpan): TimelineGap[] =>
  gaps.map(({ startedAt, durationMs }) => ({ offsetMs: millisBetween(span.startedAt, startedAt), durationMs }));
