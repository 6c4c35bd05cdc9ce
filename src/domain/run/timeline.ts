/** Gantt chart of a run: lane, offset and width of each step's bar. */
import { compareByStart } from '../step/execution.ts';
import type { Interval } from './intervals.ts';
import { packLanes } from './lanes.ts';
import type { Layout } from './layout.ts';
import type { RunSpan } from './span.ts';
import { millisBetween } from '../timestamp.ts';
import type { Timeline, TimelineBar } from '../types.ts';

const NOTHING: Timeline = { startedAt: null, endedAt: null, durationMs: null, laneCount: 0, bars: [], gaps: [] };

/** Bars of the steps within the span, sorted by start, then upstream index. Percentages are 0 in a span of length 0. */
export function timelineOf({ placed, gaps, span }: Layout): Timeline {
  if (!span) return NOTHING;
  const lanes = packLanes(placed);
  const bars = placed.map((interval, i) => barOf(interval, lanes[i] ?? 0, span));
  return {
    startedAt: span.startedAt,
    endedAt: span.endedAt,
    durationMs: millisBetween(span.startedAt, span.endedAt),
    laneCount: lanes.reduce((count, lane) => Math.max(count, lane + 1), 0),
    bars: bars.sort((a, b) => compareByStart(a.step, b.step)),
    gaps,
  };
}

function barOf({ step, start, end }: Interval, lane: number, span: RunSpan): TimelineBar {
  const from = span.startedAt.epochMicros;
  const length = span.endedAt.epochMicros - from;
  const percentAt = (micros: number): number =>
    length > 0 ? 100 * (Math.min(Math.max(micros - from, 0), length) / length) : 0;
  const offsetPercent = percentAt(start);
  return {
    step,
    lane,
    offsetMs: (start - from) / 1000,
    durationMs: (end - start) / 1000,
    offsetPercent,
    widthPercent: percentAt(end) - offsetPercent,
  };
}
