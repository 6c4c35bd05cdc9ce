/** The stretches of a run in which no step ran: from its start to its end, or to now. */
import type { Interval } from './intervals.ts';
import type { RunSpan } from './span.ts';
import { timestampOfMicros, type Timestamp } from '../timestamp.ts';
import type { RunGap, Step, TimelineGap } from '../types.ts';

interface Edge {
  readonly micros: number;
  readonly step: Step | null;
}

interface Gap {
  readonly from: Edge;
  readonly to: Edge;
}

const lengthOf = ({ from, to }: Gap): number => to.micros - from.micros;

/** In order of time, none of length 0. Takes intervals in order of start. */
function gapsOf(intervals: readonly Interval[], span: RunSpan): Gap[] {
  if (!span.startedAt) return [];
  const gaps: Gap[] = [];
  let latestEnd: Edge = { micros: span.startedAt.epochMicros, step: null };
  for (const { start, end, step } of intervals) {
    gaps.push({ from: latestEnd, to: { micros: start, step } });
    if (end >= latestEnd.micros) latestEnd = { micros: end, step };
  }
  if (span.until) gaps.push({ from: latestEnd, to: { micros: span.until.epochMicros, step: null } });
  return gaps.filter((gap) => lengthOf(gap) > 0);
}

/** The earliest of equally long ones; null where some step always ran. */
export function longestGap(intervals: readonly Interval[], span: RunSpan): RunGap | null {
  const [longest] = gapsOf(intervals, span).sort((a, b) => lengthOf(b) - lengthOf(a));
  return longest ? runGapOf(longest, span) : null;
}

/** Where they lie on the timeline, in milliseconds from its left edge. */
export function timelineGaps(intervals: readonly Interval[], span: RunSpan): TimelineGap[] {
  const { startedAt } = span;
  if (!startedAt) return [];
  return gapsOf(intervals, span).map((gap) => ({
    offsetMs: (gap.from.micros - startedAt.epochMicros) / 1000,
    durationMs: lengthOf(gap) / 1000,
  }));
}

function runGapOf(gap: Gap, span: RunSpan): RunGap {
  const { from, to } = gap;
  return {
    startedAt: momentOf(from, from.step ? from.step.endTime : span.startedAt),
    endedAt: momentOf(to, to.step ? to.step.startTime : span.until),
    durationMs: lengthOf(gap) / 1000,
    after: from.step,
    before: to.step,
  };
}

/** In the upstream's own words where it has them: an end may also be reckoned from a duration. */
const momentOf = (edge: Edge, told: Timestamp | null): Timestamp =>
  told?.epochMicros === edge.micros ? told : timestampOfMicros(edge.micros);
