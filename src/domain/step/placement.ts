/** Where in the run's span each step starts, and how long nothing ran before it. */
import { isRunning } from './duration.ts';
import type { Execution } from './execution.ts';
import { intervalsOf, type Interval, type TimedStep } from '../run/intervals.ts';
import { isWithinReach, spanOf, type RunBounds } from '../run/span.ts';
import type { Step, StepDuration } from '../types.ts';

export type Placement = Pick<Step, 'offsetMs' | 'gapBeforeMs'>;

interface TimedExecution extends TimedStep {
  readonly execution: Execution;
}

/**
 * Of each step that starts within the span, in milliseconds: from the span's start, and from the latest end of those
 * that started before (from the span's start if no such end is known); 0 while one of them was still running.
 */
export function placementsOf(
  durations: ReadonlyMap<Execution, StepDuration>,
  bounds: RunBounds,
): ReadonlyMap<Execution, Placement> {
  const timed = [...durations].map(([execution, { durationMs }]): TimedExecution => {
    const { startTime, endTime, index } = execution;
    return { execution, startTime, endTime, index, durationMs };
  });
  const intervals = intervalsOf(timed, { unknownAsZero: true }).filter(({ start }) => isWithinReach(start, bounds));
  const spanStart = spanOf(bounds, intervals)?.startedAt.epochMicros ?? 0;
  const placements = new Map<Execution, Placement>();
  let latestEnd = -Infinity;
  let placement: Placement = { offsetMs: null, gapBeforeMs: null };
  let placedAt = NaN;
  for (const interval of intervals) {
    const { start, step } = interval;
    // Those that start together see the same gap: none of them started before another.
    if (start !== placedAt) {
      const gapStart = latestEnd === -Infinity ? spanStart : latestEnd;
      placement = { offsetMs: (start - spanStart) / 1000, gapBeforeMs: Math.max(0, start - gapStart) / 1000 };
      placedAt = start;
    }
    placements.set(step.execution, placement);
    latestEnd = Math.max(latestEnd, knownEnd(interval));
  }
  return placements;
}

/** Infinity for a step that still runs, for nobody knows how long; -Infinity for one whose end is not known. */
function knownEnd({ step: { durationMs, execution }, end }: Interval<TimedExecution>): number {
  if (durationMs !== null) return end;
  return isRunning(execution) ? Infinity : -Infinity;
}
