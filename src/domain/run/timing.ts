/** How a run's time was used: busy, waiting, idle, parallel and wasted. */
import { microsOf, totalMs } from '../step/duration.ts';
import { longestGap } from './gaps.ts';
import { maxConcurrency, timedOf, unionLength, waitsOf, workOf } from './intervals.ts';
import { wastedMs } from '../step/repeated-nodes.ts';
import type { Layout } from './layout.ts';
import type { RunTiming, Step } from '../types.ts';

/** Milliseconds. `idleMs` is 0 if the wall clock is unknown. `parallelism` is null if no step took time. */
export function runTiming(steps: readonly Step[], { intervals, gaps }: Layout, wallClockMs: number | null): RunTiming {
  const timed = timedOf(intervals);
  const work = workOf(timed);
  const busy = unionLength(work) / 1000;
  const totalDurationMs = totalMs(steps);
  const idleMs = Math.max(0, microsOf(wallClockMs ?? 0) - unionLength(timed)) / 1000;
  return {
    totalDurationMs,
    wallClockMs,
    busyMs: busy,
    idleMs,
    waitingMs: unionLength(waitsOf(timed)) / 1000,
    idleShare: wallClockMs ? idleMs / wallClockMs : null,
    wastedMs: wastedMs(steps),
    maxConcurrency: maxConcurrency(work),
    parallelism: busy > 0 ? totalDurationMs / busy : null,
    longestGap: longestGap(gaps),
  };
}
