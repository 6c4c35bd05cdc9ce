/** Where a run's time went: busy and idle stretches, parallel work, and work that was done in vain. */
import { totalDurationMs } from '../step/duration.ts';
import { longestGap } from './gaps.ts';
import { intervalsOf, maxConcurrency, unionLength } from './intervals.ts';
import { wastedMs } from '../step/repeated-nodes.ts';
import type { RunGap, RunTiming, Step } from '../types.ts';

/** Milliseconds throughout. `idleMs` is 0 where the wall clock is unknown, `parallelism` null where nothing took time. */
export function runTiming(steps: readonly Step[], wallClockMs: number | null, gaps: readonly RunGap[]): RunTiming {
  const intervals = intervalsOf(steps);
  const total = totalDurationMs(steps);
  const busy = unionLength(intervals) / 1000;
  return {
    totalDurationMs: total,
    wallClockMs,
    busyMs: busy,
    idleMs: Math.max(0, Math.round(((wallClockMs ?? 0) - busy) * 1000) / 1000),
    wastedMs: wastedMs(steps),
    maxConcurrency: maxConcurrency(intervals),
    parallelism: busy > 0 ? total / busy : null,
    longestGap: longestGap(gaps),
  };
}
