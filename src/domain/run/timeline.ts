/** The bars of a Gantt chart: which lane each step is drawn in, from where, and how wide. */
import { compareByStart } from '../step/execution.ts';
import { timelineGaps } from './gaps.ts';
import { byEnd, intervalsOf, type Interval } from './intervals.ts';
import { MinHeap } from './min-heap.ts';
import { wallClockMs, type RunSpan } from './span.ts';
import type { Step, Timeline, TimelineBar } from '../types.ts';

/**
 * Bars in order of start, then upstream index. A step without a start has none; one of unknown duration has a bar of
 * width 0. `offsetMs` tells the plain difference, negative where a step claims to start before its run; percentages
 * tell the part of the bar that lies within the bounds, and are 0 where those have no known length.
 */
export function timelineOf(steps: readonly Step[], span: RunSpan): Timeline {
  const intervals = intervalsOf(steps, { unknownAsZero: true });
  const lanes = packLanes(intervals);
  const bars = intervals
    .map((interval) => barOf(interval, lanes.get(interval) ?? 0, span))
    .sort((a, b) => compareByStart(a.step, b.step));
  return {
    startedAt: span.startedAt,
    endedAt: span.until,
    durationMs: wallClockMs(span),
    laneCount: bars.reduce((count, bar) => Math.max(count, bar.lane + 1), 0),
    bars,
    gaps: timelineGaps(intervalsOf(steps), span),
  };
}

/**
 * Greedy in order of start, each into the lowest lane that is free: with half-open intervals that takes the fewest
 * lanes. A lane is free from the very moment its last bar ends, so bars of length 0 may share a moment in one lane.
 */
function packLanes(intervals: readonly Interval[]): Map<Interval, number> {
  const lanes = new Map<Interval, number>();
  const free = new MinHeap();
  const ending = byEnd(intervals);
  let released = 0;
  let laneCount = 0;
  for (const interval of intervals) {
    for (let next = ending[released]; next && next.end <= interval.start; next = ending[released]) {
      const lane = lanes.get(next);
      if (lane === undefined) break; // length 0, at this very moment, and not yet placed; all others here are
      free.push(lane);
      released += 1;
    }
    lanes.set(interval, free.pop() ?? laneCount++);
  }
  return lanes;
}

function barOf({ step, start, end }: Interval, lane: number, span: RunSpan): TimelineBar {
  const from = span.startedAt?.epochMicros ?? start;
  const until = Math.max(from, span.until?.epochMicros ?? from);
  const percentAt = (micros: number): number =>
    until > from ? 100 * ((Math.min(Math.max(micros, from), until) - from) / (until - from)) : 0;
  const offsetPercent = percentAt(start);
  return {
    step,
    lane,
    offsetMs: (start - from) / 1000,
    durationMs: step.durationMs ?? 0,
    offsetPercent,
    widthPercent: Math.min(percentAt(end) - offsetPercent, 100 - offsetPercent),
  };
}
