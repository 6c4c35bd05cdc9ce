/** Where a run's time went: busy and idle stretches, parallel work, and work that was done in vain. */
import { totalMs } from '../step/duration.ts';
import { longestGap } from './gaps.ts';
import { intervalsOf, maxConcurrency, unionLength } from './intervals.ts';
import { wastedMs } from '../step/repeated-nodes.ts';
import type { RunGap, RunTiming, Step } from '../types.ts';

/** Milliseconds throughout. `idleMs` is 0 where the wall clock is unknown, `parallelism` null where nothing took time. */
export function runTiming(steps: readonly Step[], wallClockMs: number | null, gaps: readonly RunGap[]): RunTiming {
  const intervals = intervalsOf(steps);
  const busy = unionLength(intervals) / 1000;
  const totalDurationMs = totalMs(steps);
  return {
    totalDurationMs,
    wallClockMs,
    busyMs: busy,
    idleMs: Math.max(0, Math.round(((wallClockMs ?? 0) - busy) * 1000) / 1000),
    wastedMs: wastedMs(steps),
    maxConcurrency: maxConcurrency(intervals),
    parallelism: busy > 0 ? totalDurationMs / busy : null,
    longestGap: longestGap(gaps),
  };
}
