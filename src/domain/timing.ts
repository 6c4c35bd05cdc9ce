/** Where a run's time went: busy and idle stretches, parallel work, and work that was done in vain. */
import { totalDurationMs } from './duration.ts';
import { intervalsOf, maxConcurrency, unionLength, type Interval } from './intervals.ts';
import { wastedMs } from './repeated-nodes.ts';
import { wallClockMs, type RunSpan } from './span.ts';
import { timestampOfMicros, type Timestamp } from './timestamp.ts';
import type { RunGap, RunTiming, Step } from './types.ts';

/** Milliseconds throughout. `idleMs` is 0 where the wall clock is unknown, `parallelism` null where nothing took time. */
export function runTiming(steps: readonly Step[], span: RunSpan): RunTiming {
  const intervals = intervalsOf(steps);
  const total = totalDurationMs(steps);
  const wallClock = wallClockMs(span);
  const busy = unionLength(intervals) / 1000;
  return {
    totalDurationMs: total,
    wallClockMs: wallClock,
    busyMs: busy,
    idleMs: Math.max(0, Math.round(((wallClock ?? 0) - busy) * 1000) / 1000),
    wastedMs: wastedMs(steps),
    maxConcurrency: maxConcurrency(intervals),
    parallelism: busy > 0 ? total / busy : null,
    longestGap: longestGap(intervals, span),
  };
}

interface Edge {
  readonly micros: number;
  readonly step: Step | null;
}

interface Gap {
  readonly from: Edge;
  readonly to: Edge;
}

const lengthOf = ({ from, to }: Gap): number => to.micros - from.micros;

/** From the run's start to its end (or now); the earliest of equally long ones; null where some step always ran. */
function longestGap(intervals: readonly Interval[], span: RunSpan): RunGap | null {
  if (!span.startedAt) return null;
  const gaps: Gap[] = [];
  let latestEnd: Edge = { micros: span.startedAt.epochMicros, step: null };
  for (const { start, end, step } of intervals) {
    gaps.push({ from: latestEnd, to: { micros: start, step } });
    if (end >= latestEnd.micros) latestEnd = { micros: end, step };
  }
  if (span.until) gaps.push({ from: latestEnd, to: { micros: span.until.epochMicros, step: null } });
  const [longest] = gaps.filter((gap) => lengthOf(gap) > 0).sort((a, b) => lengthOf(b) - lengthOf(a));
  return longest ? runGapOf(longest, span) : null;
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
